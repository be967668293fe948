export { openEngine } from './engines/index.js';
export { splitJoinedPrompts } from './engines/promptable-slices/split-prompts.js';
export { openSession, type Session, type SessionOptions, type Tensor, type TensorInfo } from './engines/onnx.js';
export { GraphBuilder, readModel, writeModel } from './onnx-model/index.js';
export * from './packs/index.js';
export { segment } from './segment.js';
export type * from './types.js';
