import { execFile, execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openSession } from '../../src/engines/onnx.js';
import { importMeshnet } from '../../src/packs/index.js';

const models = [
  ['model5_gw_ae', 'colormap3.json'],
  ['model18cls', 'colormap.json'],
  ['model30chan18cls', 'colormap.json'],
  ['model30chan50cls', 'colormap.json'],
  ['mindgrab', 'colormap.json'],
] as const;

const PYTHON = '/usr/bin/python3';
/** Longer than twice the largest dilation, so that every tap falls inside somewhere and outside elsewhere. */
const SHAPE = [36, 35, 34] as const;

const data = process.env['PARSE3D_TEST_DATA'];
const missing =
  data === undefined ? 'PARSE3D_TEST_DATA is not set' : hasTorch() ? undefined : 'python3-torch is not installed';

function hasTorch(): boolean {
  try {
    execFileSync(PYTHON, ['-c', 'import torch, numpy'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

describe.skipIf(missing !== undefined)(
  `published MeshNets against PyTorch${missing ? ` (skipped: ${missing})` : ''}`,
  () => {
    let folder: string;
    const image = Float32Array.from(
      { length: SHAPE[0] * SHAPE[1] * SHAPE[2] },
      (_, index) => (Math.sin(index * 78.233) + 1) / 2,
    );
    const modelJson = (name: string): string => join(data ?? '', 'meshnet', name, 'model.json');

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'parse3d-parity-'));
      await writeFile(join(folder, 'image'), Buffer.from(image.buffer));
      const jobs = models.flatMap(([name]) => [
        modelJson(name),
        join(folder, 'image'),
        join(folder, name),
        ...SHAPE.map(String),
      ]);
      await promisify(execFile)(PYTHON, [join(import.meta.dirname, 'meshnet_oracle.py'), ...jobs]);
    }, 180_000);
    afterAll(() => rm(folder, { recursive: true }));

    it.each(models)(
      '%s gives the same logits and the same classes',
      async (name, colormap) => {
        const { pack } = await importMeshnet({
          modelJson: modelJson(name),
          labels: join(data ?? '', 'meshnet', name, colormap),
          out: join(folder, `pack-${name}`),
        });
        const session = await openSession(join(folder, `pack-${name}`, 'model.onnx'), { device: 'cpu', threads: 2 });
        const { logits } = await session.run({ image: { type: 'float32', data: image, shape: [1, 1, ...SHAPE] } });
        await session.close();
        if (logits?.type !== 'float32') throw new Error('expected float32');
        const bytes = await readFile(join(folder, name));
        const expected = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
        expect(logits.data.length).toBe(expected.length);

        let largest = 0;
        let difference = 0;
        expected.forEach((value, index) => {
          largest = Math.max(largest, Math.abs(value));
          difference = Math.max(difference, Math.abs(value - (logits.data[index] ?? Number.NaN)));
        });
        expect(largest).toBeGreaterThan(1);
        expect(difference / largest).toBeLessThan(2e-5);
        const channels = pack.kind === 'label-map' ? pack.model.channels : 0;
        const theirs = classes(expected, channels);
        const differing = classes(logits.data, channels).filter((one, voxel) => one !== theirs[voxel]).length;
        // Two classes can tie to the last bit of float32.
        expect(differing).toBeLessThanOrEqual(theirs.length / 10_000);
      },
      120_000,
    );
  },
);

function classes(scores: Float32Array, channels: number): Uint8Array {
  const voxels = scores.length / channels;
  return new Uint8Array(voxels).map((_, voxel) => {
    let best = 0;
    for (let channel = 1; channel < channels; channel++) {
      if ((scores[channel * voxels + voxel] ?? 0) > (scores[best * voxels + voxel] ?? 0)) best = channel;
    }
    return best;
  });
}
