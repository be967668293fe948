import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { SegmentRequest } from '@parse3d/engine';
import { assertNothingLeaks, eventually, scratchFolder } from '@parse3d/testing';
import { makeGeometry } from '@parse3d/volume/geometry';
import { writeNifti } from '@parse3d/volume/formats';
import { expect, test } from 'vitest';
// As it runs: the child is a file beside it.
import { ChildSupervisor, type ChildOptions } from '../dist/child/supervisor.js';

const request: SegmentRequest = {
  inputPath: '/nowhere/ct.nii.gz',
  outputFolder: '/nowhere',
  prompts: [{ text: 'bone', label: 1 }],
  modality: 'ct',
  outputs: { labels: true, masks: false, probabilities: 'none', npz: false, preview: false },
  options: { seed: 0 },
  limits: { maxVoxels: 1 },
};

function supervisor(more: Partial<ChildOptions> = {}): ChildSupervisor {
  return new ChildSupervisor({
    packFolders: [join(fileURLToPath(new URL('../../..', import.meta.url)), 'packs')],
    device: 'cpu',
    threads: 1,
    memoryCapBytes: 2 ** 32,
    idleMs: 60_000,
    jobsPerChild: 100,
    stallMs: 60_000,
    graceMs: 1_000,
    onLog: () => undefined,
    ...more,
  });
}

test('a job that is canceled while its child starts is not begun', async () => {
  const child = supervisor();
  const canceled = new AbortController();
  const running = child.segment({
    packId: 'ct-tissue',
    request,
    deadlineMs: 60_000,
    onProgress: () => undefined,
    signal: canceled.signal,
  });
  canceled.abort(new Error('canceled'));
  // Begun, it would say that there is no such volume.
  await expect(running).rejects.toThrow('canceled');
  await child.stop();
  await assertNothingLeaks();
}, 60_000);

test.each([
  { idleMs: 60_000, ends: false, name: 'stays between jobs, with its models' },
  { idleMs: 1, ends: true, name: 'without a job is ended after a while, and the next job has another' },
])(
  'a child $name',
  async ({ idleMs, ends }) => {
    const folder = await scratchFolder('supervisor');
    const inputPath = join(folder.path, 'ct.nii');
    const geometry = makeGeometry([8, 8, 8], [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]);
    await writeNifti(inputPath, { geometry, datatype: 'int16' }, new Int16Array(512).fill(700));
    let loaded = 0;
    const child = supervisor({ idleMs, onModelLoaded: () => loaded++ });
    const segment = (): Promise<unknown> =>
      child.segment({
        packId: 'ct-tissue',
        request: { ...request, inputPath, outputFolder: folder.path, limits: { maxVoxels: 512 } },
        deadlineMs: 60_000,
        onProgress: () => undefined,
        signal: new AbortController().signal,
      });
    await segment();
    const { pid } = child;
    await segment();
    if (ends) {
      await eventually(async () => {
        await segment();
        return loaded > 1;
      });
    } else expect(loaded).toBe(1);
    expect(child.pid === pid).toBe(!ends);
    await child.stop();
    await folder.remove();
    await assertNothingLeaks();
  },
  60_000,
);
