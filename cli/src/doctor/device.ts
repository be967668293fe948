import { execFile } from 'node:child_process';
import { GraphBuilder, openSession, writeModel } from '@parse3d/engine';
import { failed, fail, ok, type Check } from './check.js';
import type { Target } from './target.js';

const PART = 'device';

/** A small graph runs on the device that workers use, and gives what it should. */
export async function checkDevice({ config }: Target): Promise<Check[]> {
  const device = config.PARSE3D_DEVICE;
  const gpus = await listGpus();
  const there = gpus.length === 0 ? 'no NVIDIA GPU here' : gpus.join(', ');
  try {
    if (!(await computes(device))) {
      return [fail(PART, `${device} computes wrongly (${there})`, 'update the driver, or use PARSE3D_DEVICE=cpu')];
    }
  } catch (error) {
    return [failed(PART, error, 'npm run install:cuda brings the libraries; PARSE3D_DEVICE=cpu does without a GPU')];
  }
  const unused = device === 'cpu' && gpus.length > 0 ? '; workers use it with PARSE3D_DEVICE=cuda:0' : '';
  return [ok(PART, `${device} runs a graph (${there}${unused})`)];
}

async function computes(device: string): Promise<boolean> {
  const graph = new GraphBuilder('doctor');
  graph.input('x', 'float32', [2]);
  graph.node('Add', ['x', 'x'], 'y');
  graph.output('y', 'float32', [2]);
  const session = await openSession(writeModel(graph.build()), { device, threads: 1 });
  try {
    const { y } = await session.run({ x: { type: 'float32', data: Float32Array.of(1.5, -2), shape: [2] } });
    return y?.type === 'float32' && y.data[0] === 3 && y.data[1] === -4;
  } finally {
    await session.close();
  }
}

/** Names of the GPUs, by the driver's own tool; none where there is no driver. */
function listGpus(): Promise<string[]> {
  return new Promise((resolve) => {
    const query = ['--query-gpu=name,memory.total', '--format=csv,noheader'];
    execFile('nvidia-smi', query, { timeout: 10_000 }, (error, stdout) =>
      resolve(error === null ? stdout.trim().split('\n') : []),
    );
  });
}
