import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { scratchFolder, type ScratchFolder } from '@parse3d/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeWithPython, PYTHON } from '../../test/support/python.js';
import { runCli } from './support/cli.js';

/** A CT of the segmentation challenge with its truth, and what numpy makes of the answer. */
const WRITE = `
import sys, numpy as np
z, y, x = np.mgrid[:12, :20, :30]
bone = (x < 10) & (z > 5)
np.savez_compressed(sys.argv[1], imgs=np.where(bone, 700, 40).astype("int16"), gts=np.where(bone, 4, 2).astype("uint8"),
  spacing=np.array([0.5, 0.75, 2.5]), text_prompts={"4": "bone in CT", "2": "soft tissue in CT", "instance_label": 0})
blocks = np.zeros((12, 20, 30), int)
blocks[2:5, 3:9, 4:10] = 1
blocks[2:5, 9:12, 12:20] = 2
blocks[8:10, 2:4, 2:4] = 3
np.savez_compressed(sys.argv[2], imgs=np.where(blocks > 0, 700, 40).astype("int16"), gts=blocks.astype("uint8"),
  spacing=np.array([0.5, 0.75, 2.5]), text_prompts={"1": "bone in CT", "instance_label": 1})
`;
const READ = `
import json, sys, numpy as np
found = np.load(sys.argv[1]); truth = np.load(sys.argv[2])["gts"]
print(json.dumps({"equal": bool((found["segs"] == truth).all()), "spacing": found["spacing"].tolist()}))
`;
const python = (code: string, ...args: string[]): string =>
  execFileSync(PYTHON, ['-c', code, ...args], { encoding: 'utf8' });

describeWithPython(['numpy'], 'files of the segmentation challenge', () => {
  let folder: ScratchFolder;
  beforeAll(async () => {
    folder = await scratchFolder('challenge');
    python(WRITE, join(folder.path, 'case.npz'), join(folder.path, 'objects.npz'));
  });
  afterAll(() => folder.remove());

  const segmentFile = (file: string, ...args: string[]) =>
    runCli(['segment', file, '--pack', 'ct-tissue', '--no-preview', ...args], { cwd: folder.path });
  const segment = (...args: string[]) => segmentFile('case.npz', ...args);

  test('a file of the challenge brings its prompts, and gets its answer in the challenge’s form', async () => {
    const run = await segment('--npz', '--out', 'found', '--json');
    expect(run.code, run.stderr).toBe(0);
    expect(JSON.parse(run.stdout)).toMatchObject({ prompts: [{ label: 2 }, { label: 4 }] });
    const answer = JSON.parse(python(READ, join(folder.path, 'found/labels.npz'), join(folder.path, 'case.npz')));
    expect(answer).toEqual({ equal: true, spacing: [0.5, 0.75, 2.5] });
    const scores = await runCli(['eval', 'case.npz', 'found/labels.npz', '--json'], { cwd: folder.path });
    expect(JSON.parse(scores.stdout)).toMatchObject({ mean: { dice: 1, nsd: 1 } });
  });

  test('a file that wants single objects gets their numbers, and eval counts them', async () => {
    const run = await segmentFile('objects.npz', '--npz', '--out', 'objects');
    expect(run.code, run.stderr).toBe(0);
    expect(run.stdout).toMatch(/objects/);
    const answer = python(READ, join(folder.path, 'objects/labels.npz'), join(folder.path, 'objects.npz'));
    expect(JSON.parse(answer)).toMatchObject({ equal: true });
    for (const found of ['objects/labels.npz', 'objects/instances-1.nii.gz']) {
      const scores = await runCli(['eval', 'objects.npz', found, '--json'], { cwd: folder.path });
      expect(JSON.parse(scores.stdout), found).toMatchObject({
        mean: { f1: 1 },
        cases: [{ instances: { truePositives: 3 } }],
      });
    }
    const some = await segmentFile('objects.npz', '--min-voxels', '9', '--out', 'some', '--json');
    expect(JSON.parse(some.stdout)).toMatchObject({
      prompts: [{ text: 'bone in CT', label: 1, instances: true, minVoxels: 9 }],
      findings: [{ instances: { count: 2, dropped: { objects: 1, voxels: 8 } } }],
    });
  });

  test('prompts on the command line go before those of the file', async () => {
    const run = await segment('--prompt', 'bone', '--out', 'own', '--json');
    expect(JSON.parse(run.stdout)).toMatchObject({ prompts: [{ text: 'bone', label: 1 }] });
  });

  test('a window that is no window is refused with what is expected', async () => {
    const run = await segment('--window', 'wide', '--out', 'none');
    expect(run.code).toBe(2);
    expect(run.stderr).toMatch(/width,level in Hounsfield units/);
  });
});
