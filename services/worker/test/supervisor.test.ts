import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { SegmentRequest } from '@parse3d/engine';
import { assertNothingLeaks } from '@parse3d/testing';
import { expect, test } from 'vitest';
// As it runs: the child is a file beside it.
import { ChildSupervisor } from '../dist/child/supervisor.js';

const request: SegmentRequest = {
  inputPath: '/nowhere/ct.nii.gz',
  outputFolder: '/nowhere',
  prompts: [{ text: 'bone', label: 1 }],
  modality: 'ct',
  outputs: { labels: true, masks: false, probabilities: 'none', npz: false, preview: false },
  options: { seed: 0 },
  limits: { maxVoxels: 1 },
};

test('a job that is canceled while its child starts is not begun', async () => {
  const child = new ChildSupervisor({
    packFolders: [join(fileURLToPath(new URL('../../..', import.meta.url)), 'packs')],
    device: 'cpu',
    threads: 1,
    memoryCapBytes: 2 ** 32,
    jobsPerChild: 10,
    stallMs: 60_000,
    graceMs: 1_000,
    onLog: () => undefined,
  });
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
