export { GraphBuilder, IR_VERSION, OPSET, type Dimension } from './builder.js';
export { readModel, writeModel } from './codec.js';
export {
  type ElementType,
  type OnnxAttribute,
  type OnnxGraph,
  type OnnxModel,
  type OnnxNode,
  type OnnxTensor,
  type OnnxValueInfo,
} from './model.js';
