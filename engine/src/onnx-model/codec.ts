import { Problem } from '@parse3d/contract/problems';
import { OnnxModel } from './model.js';
import { ModelProto } from './schema.js';

/**
 * Decodes an ONNX file. Tensor bytes are views of `bytes`, so a graph of 1.5 GB is not held twice.
 * @throws Problem `pack-graph-refused` when the bytes are not an ONNX model
 */
export function readModel(bytes: Uint8Array): OnnxModel {
  try {
    // A Buffer makes protobufjs slice byte fields instead of copying them.
    const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    return OnnxModel.parse(ModelProto.toObject(ModelProto.decode(view), { longs: Number }));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Problem('pack-graph-refused', `expected an ONNX model, the bytes do not parse: ${reason.slice(0, 300)}`, {
      bytes: bytes.byteLength,
    });
  }
}

/** Encodes a model; the same model always gives the same bytes. */
export function writeModel(model: OnnxModel): Uint8Array {
  return ModelProto.encode(ModelProto.fromObject(model)).finish();
}
