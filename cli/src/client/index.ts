export { Parse3dClient, type Download, type SubmitInput } from './client.js';
export { JobAnswer, type JobEventAnswer, type VolumeAnswer } from './answers.js';
