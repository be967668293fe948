import { execFileSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeNifti } from '@parse3d/volume/formats';
import { makeGeometry, reorient, type Affine, type Shape } from '@parse3d/volume/geometry';
import { scratchFolder, type ScratchFolder } from '@parse3d/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { describeWithPython, PYTHON } from '../../test/support/python.js';
import { runCli, type CliRun } from './support/cli.js';

const shape: Shape = [20, 16, 12];
const at = (x: number): Affine => [-1, 0, 0, x, 0, -1, 0, 0, 0, 0, 3, 0, 0, 0, 0, 1];

/** Boxes of label 1 and 2 side by side, and one of label 3 above; moved by `shift` voxels along i. */
function boxes(shift: number): Uint8Array {
  return Uint8Array.from({ length: 20 * 16 * 12 }, (_, n) => {
    const [i, j, k] = [(n % 20) - shift, Math.floor(n / 20) % 16, Math.floor(n / 320)];
    if (j < 4 || j >= 12) return 0;
    if (k >= 8 && k < 11) return i >= 2 && i < 6 ? 3 : 0;
    if (k < 2 || k >= 6) return 0;
    return i >= 2 && i < 8 ? 1 : i >= 8 && i < 12 ? 2 : 0;
  });
}

/** The challenge's files: objects as its instance tasks have them, and what a program of a participant writes. */
const NPZ = `
import sys, numpy as np
folder = sys.argv[1]
gts = np.zeros((6, 8, 10), "uint8"); gts[1:3, 1:4, 1:4] = 1; gts[1:3, 1:4, 6:9] = 2; gts[4, 5:7, 2:5] = 3
np.savez_compressed(f"{folder}/gts.npz", gts=gts, spacing=[1.0, 1.0, 2.0], text_prompts={"1": "nuclei", "instance_label": 1})
np.savez_compressed(f"{folder}/segs.npz", segs=((gts == 1) | (gts == 2)).astype("uint8"))
np.savez_compressed(f"{folder}/semantic.npz", gts=gts, spacing=[1.0, 1.0, 2.0], text_prompts={"1": "liver", "2": "spleen", "instance_label": 0})
`;

let folder: ScratchFolder;
beforeAll(async () => {
  folder = await scratchFolder('cli-eval');
  for (const name of ['truth', 'found', 'elsewhere']) await mkdir(join(folder.path, name));
  const write = (path: string, shift: number, affine = at(0)) =>
    writeNifti(join(folder.path, path), { geometry: makeGeometry(shape, affine), datatype: 'uint8' }, boxes(shift));
  await write('truth/a.nii.gz', 0);
  await write('truth/b.nii.gz', 0);
  await write('found/a.nii', 3);
  await write('found/b.nii.gz', 0);
  await write('elsewhere/a.nii.gz', 0, at(5));
  const turned = reorient({ data: boxes(3), geometry: makeGeometry(shape, at(0)) }, 'ASR').volume;
  await writeNifti(join(folder.path, 'turned.nii.gz'), { geometry: turned.geometry, datatype: 'uint8' }, turned.data);
});
afterAll(async () => {
  await folder.remove();
});

const evaluate = (...args: string[]) => runCli(['eval', ...args], { cwd: folder.path });

const share = z.number().nullable();
const Answer = z.looseObject({
  cases: z.array(z.looseObject({ name: z.string(), labels: z.array(z.looseObject({ dice: share, nsd: share })) })),
  mean: z.looseObject({ dice: share }),
  toleranceMm: z.number(),
});
const answerOf = ({ stdout }: CliRun): z.infer<typeof Answer> => Answer.parse(JSON.parse(stdout));

test('folders are matched by name and every label is measured, with means at the end', async () => {
  const run = await evaluate('truth', 'found', '--json');
  expect(run.code, run.stderr).toBe(0);
  const { cases, mean, toleranceMm } = answerOf(run);
  expect(toleranceMm).toBe(2);
  expect(cases.map(({ name }) => name)).toEqual(['a', 'b']);
  // 6, 4 and 4 voxels wide, moved by 3: what overlaps is 3, 1 and 1 of them.
  expect(cases[0]?.labels).toMatchObject([
    { name: '1', dice: 0.5, referenceMl: 0.576, foundMl: 0.576 },
    { name: '2', dice: 0.25 },
    { name: '3', dice: 0.25 },
  ]);
  for (const { nsd } of cases[0]?.labels ?? []) expect(nsd).toBeLessThan(0.95);
  expect(cases[1]?.labels).toMatchObject([
    { dice: 1, nsd: 1 },
    { dice: 1, nsd: 1 },
    { dice: 1, nsd: 1 },
  ]);
  expect(mean).toMatchObject({ cases: 2, f1: null, labels: [{ name: '1', cases: 2, dice: 0.75 }, {}, {}] });
  expect(mean.dice).toBeCloseTo((1 / 3 + 1) / 2, 12);
});

test('a larger tolerance forgives the shift', async () => {
  const run = await evaluate('truth/a.nii.gz', 'found/a.nii', '--tolerance', '3', '--json');
  const { cases } = answerOf(run);
  expect(cases[0]?.labels.map(({ nsd }) => nsd)).toEqual([1, 1, 1]);
});

test('labels are merged as asked, on the line or in a file', async () => {
  const inline = await evaluate('truth/a.nii.gz', 'found/a.nii', '--labels', '1,2=both; 7=nowhere', '--json');
  const { cases } = answerOf(inline);
  // Together 10 voxels wide: 7 overlap.
  expect(cases[0]?.labels).toMatchObject([
    { name: 'both', labels: [1, 2], dice: 0.7 },
    { name: 'nowhere', dice: null, nsd: null },
  ]);
  await writeFile(join(folder.path, 'labels.txt'), '# merged\n1,2=both\n\n7=nowhere\n');
  const file = await evaluate('truth/a.nii.gz', 'found/a.nii', '--labels', 'labels.txt', '--json');
  expect(JSON.parse(file.stdout)).toEqual(JSON.parse(inline.stdout));
  for (const wrong of ['1=a;2=a', '0=background', 'no-such-file.txt']) {
    expect(await evaluate('truth/a.nii.gz', 'found/a.nii', '--labels', wrong)).toMatchObject({ code: 2, stdout: '' });
  }
});

test('a label may belong to several names, in any order', async () => {
  const args = ['--labels', '2=right;1,2=both;1=left', '--json'];
  const { cases } = answerOf(await evaluate('truth/a.nii.gz', 'found/a.nii', ...args));
  expect(cases[0]?.labels).toMatchObject([
    { name: 'right', dice: 0.25 },
    { name: 'both', dice: 0.7 },
    { name: 'left', dice: 0.5 },
  ]);
});

test('CSV holds a row per label and the means', async () => {
  const run = await evaluate('truth', 'found', '--labels', '3=a "quoted", name', '--csv');
  expect(run.code, run.stderr).toBe(0);
  const lines = run.stdout.trim().split('\n');
  expect(lines[0]).toBe('case,label,name,dice,nsd,f1,reference_ml,found_ml');
  expect(lines[1]).toMatch(/^a,3,"a ""quoted"", name",0\.25,0\.\d+,,0\.288,0\.288$/);
  expect(lines.at(-1)).toMatch(/^mean,,all,0\.625,0\.\d+,,,$/);
  expect(lines).toHaveLength(5);
});

test('the same grid with its axes in another order and direction is compared in the world', async () => {
  const [straight, turned] = await Promise.all(
    ['found/a.nii', 'turned.nii.gz'].map(async (path) => {
      const run = await evaluate('truth/a.nii.gz', path, '--json');
      expect(run.code, run.stderr).toBe(0);
      return answerOf(run).cases[0]?.labels;
    }),
  );
  expect(turned).toEqual(straight);
});

test('volumes on different grids are not compared', async () => {
  const run = await evaluate('elsewhere/a.nii.gz', 'found/a.nii', '--json');
  expect(run.code).toBe(4);
  expect(JSON.parse(run.stderr)).toMatchObject({ error: { code: 'geometry-mismatch' } });
});

test('what has no partner is named', async () => {
  const run = await evaluate('truth', 'elsewhere');
  expect(run).toMatchObject({ code: 3, stdout: '' });
  expect(run.stderr).toContain('has no file for b');
});

describeWithPython(['numpy'], 'files of the challenge', () => {
  beforeAll(() => void execFileSync(PYTHON, ['-c', NPZ, folder.path]));

  test('single objects of an .npz file are counted; a mask is taken apart into what hangs together', async () => {
    const run = await evaluate('gts.npz', 'segs.npz', '--json');
    expect(run.code, run.stderr).toBe(0);
    expect(JSON.parse(run.stdout)).toMatchObject({
      cases: [{ labels: [], instances: { truePositives: 2, falsePositives: 0, falseNegatives: 1, f1: 0.8 } }],
      mean: { f1: 0.8, dice: null },
    });
  });

  test('prompts of an .npz file name its labels, and its voxel sizes can be turned as the challenge does', async () => {
    const run = await evaluate('semantic.npz', 'segs.npz', '--json');
    const { cases } = answerOf(run);
    expect(cases[0]?.labels).toMatchObject([
      { name: 'liver', dice: 2 / 3 },
      { name: 'spleen', dice: 0, nsd: 0 },
      { name: '3', dice: 0, nsd: 0 },
    ]);
    const turned = answerOf(await evaluate('semantic.npz', 'segs.npz', '--json', '--challenge-spacing'));
    expect(turned.cases[0]?.labels[0]?.nsd).not.toBe(cases[0]?.labels[0]?.nsd);
  });
});

test('people get a table', async () => {
  const run = await evaluate('truth', 'found');
  expect(run.stdout).toMatch(/CASE\s+LABEL\s+DICE\s+NSD\s+REFERENCE ML\s+FOUND ML/);
  expect(run.stdout).toMatch(/a\s+1\s+0\.5000/);
  expect(run.stdout).toMatch(/mean\s+all\s+0\.6667/);
});
