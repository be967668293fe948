export { ATTEMPTS, bullJobId, bullWorkerTimings, JobData, openQueue, QUEUE_NAME, type SegmentQueue } from './bull.js';
export * from './batches/index.js';
export { cancelRun } from './cancel.js';
export {
  canceledManifest,
  commit,
  failedManifest,
  manifestBase,
  newestManifest,
  readManifest,
  readPending,
  settle,
  type Software,
} from './commit.js';
export type { Redis } from 'ioredis';
export { connectRedis, isRedisError, whenReady, type ConnectionRole } from './connection.js';
export { Dispatcher, type DispatcherOptions } from './dispatcher.js';
export { EventHub, isEventId, readEvents, type NumberedEvent } from './event-hub.js';
export { Feeder, type FeederOptions } from './feeder.js';
export { lanes, redisKeys, type Lane, type RedisKeys } from './keys.js';
export { LeaderLock } from './leader.js';
export { reconcile, type Reconciliation, type ReconcilerDeps } from './reconciler.js';
export { JobRecords, type ClaimOutcome, type JobRecord, type ListedJob, type RecordsOptions } from './records.js';
export * from './webhooks/index.js';
export { heartbeat, liveWorkers, signOff, takesJobs, WORKER_TTL_MS, WorkerInfo } from './workers.js';
