export {
  Batches,
  type Batch,
  type BatchAction,
  type BatchFailures,
  type BatchItemPage,
  type BatchSize,
  type DerivativePage,
  type ItemStatus,
  type Purged,
  type SubmitBatch,
} from './batches.js';
export {
  Parse3d,
  type PackSummary,
  type RemovedVolume,
  type UploadedVolume,
  type UploadOptions,
  type Usage,
} from './client.js';
export { serverSentEvents, type ServerSentEvent } from './event-stream.js';
export type { components, operations, paths } from './generated/openapi.js';
export {
  Jobs,
  type DownloadedOutput,
  type FollowOptions,
  type Job,
  type JobEvent,
  type JobPage,
  type Manifest,
  type NumberedEvent,
  type SubmitJob,
} from './jobs.js';
export { ProblemError, problemFrom } from './problem.js';
export type { Fetch, RetryOptions } from './retry.js';
export type { ClientOptions, Download, Signalled } from './transport.js';
