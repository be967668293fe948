import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openSession } from '../../src/engines/onnx.js';
import { GraphBuilder, writeModel } from '../../src/onnx-model/index.js';

/** y = 2x, on any number of values. */
function doubling(): Uint8Array {
  const graph = new GraphBuilder('doubling');
  graph.input('x', 'float32', [1, 'n']);
  graph.constant('two', Float32Array.of(2), [1]);
  graph.node('Mul', ['x', 'two'], 'y');
  graph.output('y', 'float32', [1, 'n']);
  return writeModel(graph.build());
}

const cpu = { device: 'cpu', threads: 1 };
const package_ = dirname(createRequire(import.meta.url).resolve('onnxruntime-node/package.json'));
const hasCuda = existsSync(
  join(package_, `bin/napi-v6/${process.platform}/${process.arch}/libonnxruntime_providers_cuda.so`),
);

describe('a session', () => {
  it('says what the graph takes and gives, and runs it', async () => {
    const session = await openSession(doubling(), cpu);
    expect(session.inputs).toEqual([{ name: 'x', type: 'float32', shape: [1, 'n'] }]);
    expect(session.outputs).toEqual([{ name: 'y', type: 'float32', shape: [1, 'n'] }]);
    const results = await session.run({ x: { type: 'float32', data: Float32Array.of(1, -2, 0.5), shape: [1, 3] } });
    expect(results['y']).toEqual({ type: 'float32', data: Float32Array.of(2, -4, 1), shape: [1, 3] });
    await session.close();
  });

  it('writes into an array that it is given', async () => {
    const session = await openSession(doubling(), cpu);
    const into = new Float32Array(3);
    const results = await session.run(
      { x: { type: 'float32', data: Float32Array.of(1, 2, 3), shape: [1, 3] } },
      { y: { type: 'float32', data: into, shape: [1, 3] } },
    );
    expect([...into]).toEqual([2, 4, 6]);
    expect(results['y']?.data).toEqual(into);
    await session.close();
  });

  it('gives only the outputs that are wanted', async () => {
    const graph = new GraphBuilder('two');
    graph.input('x', 'float32', [1, 'n']);
    graph.node('Neg', ['x'], 'negative');
    graph.node('Abs', ['x'], 'size');
    for (const name of ['negative', 'size']) graph.output(name, 'float32', [1, 'n']);
    const session = await openSession(writeModel(graph.build()), cpu);
    const x = { type: 'float32', data: Float32Array.of(-3), shape: [1, 1] } as const;
    expect(Object.keys(await session.run({ x }))).toEqual(['negative', 'size']);
    expect(await session.run({ x }, undefined, ['size'])).toEqual({ size: { ...x, data: Float32Array.of(3) } });
    await session.close();
  });

  it('reports a feed of the wrong shape as a failed inference, and goes on working', async () => {
    const session = await openSession(doubling(), cpu);
    const three = { type: 'float32', data: Float32Array.of(1, 2, 3), shape: [3, 1] } as const;
    await expect(session.run({ x: three })).rejects.toMatchObject({ code: 'inference-failed' });
    await expect(session.run({ z: three })).rejects.toMatchObject({ code: 'inference-failed' });
    const results = await session.run({ x: { ...three, shape: [1, 3] } });
    expect([...(results['y']?.data ?? [])]).toEqual([2, 4, 6]);
    await session.close();
  });
});

describe('a session is refused', () => {
  it('for bytes that are no graph', async () => {
    await expect(openSession(Uint8Array.of(1, 2, 3), cpu)).rejects.toMatchObject({ code: 'inference-failed' });
  });

  it('for a file that does not exist', async () => {
    await expect(openSession('/nowhere/model.onnx', cpu)).rejects.toThrow(/no such file/);
  });

  it('for a device that is neither the processor nor a numbered CUDA card', async () => {
    for (const device of ['gpu', 'cuda', 'cuda:x', 'cpu:0']) {
      await expect(openSession(doubling(), { device })).rejects.toMatchObject({ code: 'config-invalid' });
    }
  });

  it.skipIf(hasCuda)('for a CUDA card when the provider is not installed, and says how to install it', async () => {
    const opening = openSession(doubling(), { device: 'cuda:0' });
    await expect(opening).rejects.toMatchObject({ code: 'dependency-missing' });
    await expect(opening).rejects.toThrow(/npm run install:cuda/);
  });
});
