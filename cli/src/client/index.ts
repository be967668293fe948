export { Parse3dClient, type SubmitInput } from './client.js';
export { JobAnswer, type JobEventAnswer, type VolumeAnswer } from './answers.js';
export type { BatchAction, BatchAnswer, BatchInput, ItemPageAnswer } from './batches.js';
export type { Download } from './http.js';
