import { join } from 'node:path';
import { readVolume, writeNifti } from '@parse3d/volume/formats';
import { cropPad } from '@parse3d/volume/geometry';
import { scratchFolder, type ScratchFolder } from '@parse3d/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { GraphBuilder, openSession, writeModel } from '../engine/src/index.js';
import { importMeshnet } from '../engine/src/packs/meshnet/import.js';
import { runSpeed, type SpeedRun } from './run-speed.js';
import { heading, row } from './support.js';

// PARSE3D_BENCH_PACK: folder of a pack that tools/export_biomedparse wrote; PARSE3D_BENCH_VOLUME: a CT for it, best of few
// slices.
const data = process.env['PARSE3D_TEST_DATA'] ?? '';
const why = data === '' ? ' (skipped: PARSE3D_TEST_DATA is not set)' : '';
const biomedparse = process.env['PARSE3D_BENCH_PACK'];
const threads = Number(process.env['PARSE3D_BENCH_THREADS'] ?? 2);
const rounds = Number(process.env['PARSE3D_BENCH_ROUNDS'] ?? 2);
const starter = join(import.meta.dirname, '../packs/starter-brain-mr');
const head = join(data, 't1_brain/t1_crop.nii.gz');
const five = ['brain', 'left hippocampus', 'right hippocampus', 'left thalamus', 'brainstem'];

let folder: ScratchFolder;
beforeAll(async () => {
  row(heading('speed'), '');
  folder = await scratchFolder('bench-speed');
  const image = data === '' ? undefined : await readVolume(head);
  for (const side of [64, 128]) {
    if (image === undefined) break;
    const { volume } = cropPad(image, [side, side, side], { fill: 0 });
    await writeNifti(crop(side), { geometry: volume.geometry, datatype: 'int16' }, volume.data);
  }
});
afterAll(() => folder.remove());

const crop = (side: number): string => join(folder.path, `crop-${side}.nii`);

/** Prints what a run costs with an arena and without; the label map must be the same. */
async function compareMemory(what: string, run: SpeedRun): Promise<void> {
  const found: string[] = [];
  for (const arena of [false, true]) {
    const of = await runSpeed({ ...run, arena });
    found.push(of.labels);
    row(
      `${what}, ${arena ? 'arena' : 'no arena'}`,
      `${of.seconds.toFixed(2)} s, processor ${of.userSeconds.toFixed(2)} + ${of.systemSeconds.toFixed(2)} s, ` +
        `peak ${of.peakMiB}, idle ${of.idleMiB}, closed ${of.closedMiB} MiB, opened in ${of.openSeconds.toFixed(2)} s`,
    );
  }
  expect(new Set(found).size).toBe(1);
}

test('a product of matrices of 2048 × 2048, which the machine can at most', async () => {
  const side = 2048;
  const graph = new GraphBuilder('product');
  graph.input('a', 'float32', [side, side]);
  graph.input('b', 'float32', [side, side]);
  graph.node('MatMul', ['a', 'b'], 'c');
  graph.output('c', 'float32', [side, side]);
  const session = await openSession(writeModel(graph.build()), { device: 'cpu', threads });
  const matrix = { type: 'float32', data: new Float32Array(side * side).fill(0.5), shape: [side, side] } as const;
  const into = { c: { type: 'float32', data: new Float32Array(side * side), shape: [side, side] } } as const;
  let least = Infinity;
  for (let n = 0; n < 10; n++) {
    const startedAt = performance.now();
    await session.run({ a: matrix, b: matrix }, into);
    least = Math.min(least, performance.now() - startedAt);
  }
  await session.close();
  row(`matrix product, ${threads} threads`, `${((2 * side ** 3) / least / 1e6).toFixed(0)} GFLOP/s`);
});

test.skipIf(data === '')(`memory: the starter pack on a head of 256³${why}`, () =>
  compareMemory('starter pack, 256³, five prompts', {
    ...{ pack: starter, volume: head, modality: 'mr', texts: five, threads, rounds },
  }),
);

test.skipIf(data === '')(`memory: a MeshNet of 18 classes on 128³${why}`, async () => {
  const meshnet = join(data, 'meshnet/model18cls');
  const pack = join(folder.path, 'meshnet');
  await importMeshnet({ modelJson: join(meshnet, 'model.json'), labels: join(meshnet, 'colormap.json'), out: pack });
  await compareMemory('MeshNet, 128³', {
    ...{ pack, volume: crop(128), modality: 'mr', texts: ['thalamus'], threads, rounds },
  });
});

test.skipIf(biomedparse === undefined)('memory: BiomedParse at full width (PARSE3D_BENCH_PACK, _VOLUME)', () =>
  compareMemory('BiomedParse, four prompts', {
    pack: biomedparse ?? '',
    volume: process.env['PARSE3D_BENCH_VOLUME'] ?? '',
    ...{ modality: 'ct', texts: ['liver', 'spleen', 'left kidney', 'right kidney'], threads, rounds },
  }),
);

test.skipIf(data === '')(`the cost of a crop of 64³ beside that of the whole head${why}`, async () => {
  const run = { pack: starter, modality: 'mr', texts: five, threads, rounds } as const;
  const small = await runSpeed({ ...run, volume: crop(64) });
  const whole = await runSpeed({ ...run, volume: head });
  const spent = (of: typeof small): number => of.userSeconds + of.systemSeconds;
  const slices = (of: typeof small): string =>
    of.preparation.filter((sentence) => /^\d+ (of \d+ )?slices/.test(sentence)).join('; ');
  row('64³: slices', slices(small));
  row('256³: slices', slices(whole));
  const ratio = spent(small) / spent(whole);
  row('64³ beside 256³: wall, processor', `${(small.seconds / whole.seconds).toFixed(2)}, ${ratio.toFixed(2)}`);
  // A quarter of the slices, but all of them with content: of the head's a third has none.
  expect(ratio).toBeLessThan(0.5);
});
