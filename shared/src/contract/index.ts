export * from './primitives.js';
export * from './prompt.js';
export * from './pack.js';
export * from './problem-body.js';
export * from './job.js';
export * from './manifest.js';
export * from './events.js';
export * from './keys.js';
