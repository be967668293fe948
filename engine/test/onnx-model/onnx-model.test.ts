import { describe, expect, it } from 'vitest';
import { Problem } from '@parse3d/contract/problems';
import { openSession } from '../../src/engines/onnx.js';
import { GraphBuilder, IR_VERSION, OPSET, readModel, writeModel } from '../../src/onnx-model/index.js';

function addition(suffix: string): Uint8Array {
  const graph = new GraphBuilder(`addition${suffix}`, 'adds a constant');
  const x = graph.input(`x${suffix}`, 'float32', [2, 'n']);
  const c = graph.constant(`c${suffix}`, Float32Array.of(1, 2), [2, 1]);
  graph.node('Add', [x, c], `y${suffix}`);
  graph.output(`y${suffix}`, 'float32', [2, 'n']);
  return writeModel(graph.build());
}

describe('ONNX models', () => {
  it('what was written is read back', () => {
    const model = readModel(addition(''));
    expect(model).toMatchObject({
      irVersion: IR_VERSION,
      producerName: 'parse3d',
      opsetImport: [{ domain: '', version: OPSET }],
    });
    expect(model.graph).toMatchObject({
      name: 'addition',
      docString: 'adds a constant',
      node: [{ opType: 'Add', input: ['x', 'c'], output: ['y'] }],
      input: [
        { name: 'x', type: { tensorType: { elemType: 1, shape: { dim: [{ dimValue: 2 }, { dimParam: 'n' }] } } } },
      ],
      initializer: [{ name: 'c', dims: [2, 1], dataType: 1 }],
    });
    expect(model.graph?.initializer[0]?.rawData).toEqual(Buffer.from(Float32Array.of(1, 2).buffer));
  });

  it('ONNX Runtime computes what the graph says', async () => {
    const graph = new GraphBuilder('slice');
    const x = graph.input('x', 'float32', [1, 1, 'a', 'b', 'c']);
    const mean = graph.node('ReduceMean', [x], 'mean', { axes: [2, 3], keepdims: 0 });
    const steep = graph.node('LeakyRelu', [mean], 'steep', { alpha: { float: 0.5 } });
    const shape = graph.constant('shape', BigInt64Array.of(-1n), [1]);
    graph.node('Reshape', [steep, shape], 'flat');
    graph.output('flat', 'float32', ['c']);
    const session = await openSession(writeModel(graph.build()), { device: 'cpu' });
    try {
      const data = Float32Array.of(1, -1, 2, -2, 3, -3, 6, -6);
      const { flat } = await session.run({ x: { type: 'float32', data, shape: [1, 1, 2, 2, 2] } });
      expect(flat).toEqual({ type: 'float32', data: Float32Array.of(3, -1.5), shape: [2] });
    } finally {
      await session.close();
    }
  });

  it('the same graph gives the same bytes', () => {
    expect(Buffer.from(addition('')).equals(Buffer.from(addition('')))).toBe(true);
  });

  it('tensor bytes are views of the file, not copies', () => {
    const bytes = new Uint8Array(addition(''));
    const tensor = readModel(bytes).graph?.initializer[0]?.rawData;
    expect(tensor?.buffer).toBe(bytes.buffer);
  });

  it('a graph given in two parts is read as ONNX Runtime reads it: as one', () => {
    const model = readModel(Buffer.concat([addition('1'), addition('2')]));
    expect(model.graph?.node.map(({ output }) => output[0])).toEqual(['y1', 'y2']);
  });

  it.each([
    ['text', Buffer.from('not a model')],
    ['a model cut short', addition('').subarray(0, 60)],
  ])('%s is refused', (_, bytes) => {
    expect(() => readModel(bytes)).toThrow(Problem);
    expect(() => readModel(bytes)).toThrow(expect.objectContaining({ code: 'pack-graph-refused' }));
  });

  it('a name that nothing defines, or two things, fails while building', () => {
    const graph = new GraphBuilder('faulty');
    graph.input('x', 'float32', [1]);
    expect(() => graph.node('Add', ['x', 'z'], 'y')).toThrow('no value is named z');
    expect(() => graph.node('Neg', ['x'], 'x')).toThrow('two values are named x');
    expect(() => graph.output('y', 'float32', [1])).toThrow('no value has that name');
    expect(() => graph.constant('c', Float32Array.of(1), [2])).toThrow('needs 2 numbers, got 1');
  });
});
