export { commonEnv, type CommonEnv } from './common.js';
export { byteSize, commaList, duration, flag, parseEnv, port } from './env.js';
export { storageLimitsFromEnv } from './limits.js';
export { storageFromEnv } from './storage.js';
export { exitOnSignal } from './shutdown.js';
export { tracingFromEnv } from './tracing.js';
