import { spawn } from 'node:child_process';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { assertNothingLeaks, scratchFolder, type ScratchFolder } from '@parse3d/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { describeWithPython, PYTHON } from './support/python.js';
import { startStack, type Stack } from './support/stack.js';
import { phantomCt, phantomCtFile } from './support/volumes.js';

const SCRIPT = fileURLToPath(new URL('../examples/python/segment.py', import.meta.url));

const Rows = z.array(
  z.object({
    label: z.int(),
    prompt: z.string(),
    voxels: z.int(),
    ml: z.number(),
    mean: z.number().nullable(),
    sd: z.number().nullable(),
  }),
);

describeWithPython(['nibabel'], 'the Python example', () => {
  let stack: Stack;
  let folder: ScratchFolder;
  beforeAll(async () => {
    stack = await startStack();
    folder = await scratchFolder('python-example');
    await writeFile(join(folder.path, 'ct.nii.gz'), await phantomCtFile());
  });
  afterAll(async () => {
    await stack.stop();
    await folder.remove();
    await assertNothingLeaks();
  });

  function python(
    args: readonly string[],
    key = stack.api.key,
  ): Promise<{ code: number | null; stdout: string; stderr: string }> {
    return new Promise((resolve, reject) => {
      const child = spawn(PYTHON, [SCRIPT, ...args], {
        cwd: folder.path,
        env: { PATH: process.env['PATH'], PARSE3D_URL: stack.api.url, PARSE3D_API_KEY: key },
      });
      let [stdout, stderr] = ['', ''];
      child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
      child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
      child.once('error', reject);
      child.once('close', (code) => resolve({ code, stdout, stderr }));
    });
  }

  test('segments, downloads and measures what lies under each label', async () => {
    const run = await python(['ct.nii.gz', '--prompt', 'bone', '--prompt', 'lung', '--json']);
    expect(run.code, run.stderr).toBe(0);
    const rows = Rows.parse(JSON.parse(run.stdout));
    // The phantom's own voxels: bone is 700 HU, lung -750.
    const voxels = phantomCt();
    const count = (value: number): number => voxels.filter((voxel) => voxel === value).length;
    expect(rows).toMatchObject([
      { label: 1, prompt: 'bone', voxels: count(700), mean: 700, sd: 0 },
      { label: 2, prompt: 'lung', voxels: count(-750), mean: -750, sd: 0 },
    ]);
    for (const { ml } of rows) expect(ml).toBeGreaterThan(0);
    expect(await readdir(join(folder.path, 'found'))).toEqual(expect.arrayContaining(['labels.nii.gz', 'labels.json']));

    const table = await python(['ct.nii.gz', '--prompt', 'bone', '--out', 'again']);
    expect(table.stdout).toMatch(/label +prompt +ml +voxels +mean +sd\n +1 +bone +[\d.]+ +\d+ +700\.0/);
  });

  test('tells a refusal with its code, and nothing of a stack', async () => {
    const [unknown, stranger] = await Promise.all([
      python(['ct.nii.gz', '--prompt', 'bne']),
      python(['ct.nii.gz', '--prompt', 'bone'], 'p3d_wrong'),
    ]);
    expect(unknown.stderr).toMatch(/^prompt-unknown: /m);
    expect(stranger.stderr).toMatch(/^unauthorized: /m);
    for (const { code, stderr } of [unknown, stranger]) {
      expect(code).toBe(1);
      expect(stderr).not.toContain('Traceback');
    }
  });
});
