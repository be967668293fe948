export {
  Parse3d,
  type Batch,
  type ClientOptions,
  type DownloadedOutput,
  type Job,
  type JobEvent,
  type Manifest,
  type Signalled,
  type SubmitBatch,
  type SubmitJob,
  type UploadedVolume,
} from './client.js';
export type { components, operations, paths } from './generated/openapi.js';
export { ProblemError } from './problem.js';
