export { Backoff } from './backoff.js';
export { each, mapEach } from './each.js';
export { Latch } from './latch.js';
export { pause } from './pause.js';
