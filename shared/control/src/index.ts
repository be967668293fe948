export { openControl, type Control } from './control.js';
export { type Feeding } from './feeding/feeding.js';

// What is found, and what is said about it.
export { reportNames } from './batches/reports.js';
export { type FoundBatch } from './batches/find.js';
export { type Reconciliation } from './feeding/reconciler.js';
export { type FoundJob, type PurgedJob } from './jobs/find.js';
export { purgedProblem } from './jobs/purged.js';
export { type Kept } from './keeping/keeper.js';
export { type Arrival } from './jobs/policy.js';
export { surveyStorage, type Survey } from './keeping/survey.js';
export { isEventId, type NumberedEvent } from './live/event-hub.js';
export { type Attempt, type ListedJob } from './live/records.js';
export { Workers, type WorkerInfo } from './live/workers.js';

// BullMQ in the worker, and Redis by itself.
export { ATTEMPTS, JobData } from './live/bull.js';
export { connectRedis, isRedisError, type Redis } from './live/connection.js';
export { redisKeys } from './live/keys.js';
