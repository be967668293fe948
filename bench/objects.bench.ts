import { execFile } from 'node:child_process';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { scratchFolder, type ScratchFolder } from '@parse3d/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { PYTHON } from '../test/support/python.js';
import { heading, row } from './support.js';

// A light-sheet block with a hundred thousand nuclei, beside scikit-image (Debian's python3-skimage).
const [ni, nj, nk] = [1024, 1024, 512] as const;
const [columns, rows, layers] = [50, 50, 40] as const;
const COUNT = columns * rows * layers;

const Figures = z.object({
  objects: z.number(),
  voxels: z.number(),
  labelSeconds: z.number(),
  tableSeconds: z.number(),
  peakMiB: z.number(),
});

let folder: ScratchFolder;
let path: string;

beforeAll(async () => {
  folder = await scratchFolder('objects');
  path = join(folder.path, 'block.raw');
  await writeBlock(path);
}, 600_000);
afterAll(() => folder.remove());

test('a hundred thousand objects', async () => {
  process.stdout.write(`\n${heading('objects')}\n`);
  const ours = join(import.meta.dirname, 'objects-run.mjs');
  const theirs = join(import.meta.dirname, 'objects_scikit.py');
  const shape = `${ni},${nj},${nk}`;
  const runs = [
    ['parse3d: labels, volume, centroid, box', process.execPath, [ours, path, shape, 'core']],
    ['parse3d: surface and diameter too', process.execPath, [ours, path, shape, 'all']],
    ['scikit-image: label, regionprops_table', PYTHON, [theirs, path, shape]],
  ] as const;
  const voxels = new Set<number>();
  for (const [name, program, args] of runs) {
    const { stdout } = await promisify(execFile)(program, args);
    const found = Figures.parse(JSON.parse(stdout));
    expect(found.objects).toBe(COUNT);
    voxels.add(found.voxels);
    const [labels, table] = [found.labelSeconds.toFixed(1), found.tableSeconds.toFixed(1)];
    row(name, `labels ${labels} s, table ${table} s, at most ${Math.round(found.peakMiB)} MiB`);
  }
  expect(voxels.size).toBe(1);
});

/** Balls of a radius of 3 to 5.5 voxels on a lattice, each a little off its place: none touches another. */
async function writeBlock(to: string): Promise<void> {
  let state = 1;
  const random = (): number => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) / 2 ** 32;
  const file = await open(to, 'w');
  const layer = Math.floor(nk / layers);
  for (let first = 0, n = 0; n < layers; n += 1, first += layer) {
    const depth = n === layers - 1 ? nk - first : layer;
    const slab = new Uint8Array(ni * nj * depth);
    for (let ball = 0; ball < columns * rows; ball += 1) {
      const radius = 3 + 2.5 * random();
      const place = (cell: number, cells: number, length: number): number =>
        (cell + 0.5) * (length / cells) + (random() - 0.5) * 2;
      const x = place(ball % columns, columns, ni);
      const y = place(Math.floor(ball / columns), rows, nj);
      const z = layer / 2 + (random() - 0.5) * 0.8;
      for (let k = Math.max(0, Math.ceil(z - radius)); k <= Math.min(layer - 2, z + radius); k += 1) {
        for (let j = Math.ceil(y - radius); j <= y + radius; j += 1) {
          const half = Math.sqrt(Math.max(0, radius ** 2 - (k - z) ** 2 - (j - y) ** 2));
          const row = (k * nj + j) * ni;
          slab.fill(1, row + Math.ceil(x - half), row + Math.floor(x + half) + 1);
        }
      }
    }
    await file.write(slab);
  }
  await file.close();
}
