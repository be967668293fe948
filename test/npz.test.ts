import { execFileSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { parseNiftiHeader } from '@parse3d/volume/formats';
import { assertNothingLeaks, scratchFolder, type ScratchFolder } from '@parse3d/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeWithPython, PYTHON } from './support/python.js';
import { startStack, type Stack } from './support/stack.js';

/** Files of the challenge's form, written by numpy; the third calls a function when it is unpickled. */
const WRITE = `
import os, sys
import numpy as np
folder = sys.argv[1]
z, y, x = np.mgrid[:12, :20, :30]
imgs = np.where((x < 10) & (z > 5), 700, -1000).astype("int16")
prompts = {"4": "bone in CT", "2": "air in CT", "instance_label": 0}
np.savez_compressed(f"{folder}/ct.npz", imgs=imgs, spacing=np.array([0.5, 0.75, 2.5]), text_prompts=prompts)
np.savez_compressed(f"{folder}/flat.npz", imgs=imgs[0], spacing=np.array([0.5, 0.75, 2.5]), text_prompts=prompts)
class Evil:
    def __reduce__(self):
        return os.system, (f"touch {folder}/owned",)
np.savez_compressed(f"{folder}/evil.npz", imgs=imgs, spacing=np.ones(3), text_prompts={"1": Evil()})
`;

describeWithPython(['numpy'], 'files that numpy wrote', () => {
  let stack: Stack;
  let folder: ScratchFolder;
  beforeAll(async () => {
    folder = await scratchFolder('npz');
    execFileSync(PYTHON, ['-c', WRITE, folder.path]);
    stack = await startStack();
  });
  afterAll(async () => {
    await stack.stop();
    await folder.remove();
    await assertNothingLeaks();
  });

  const upload = async (name: string) => stack.api.tryUpload(await readFile(join(folder.path, name)));

  test('an .npz volume brings its prompts, and its masks lie where its voxels do', async () => {
    const { status, json } = await upload('ct.npz');
    expect({ status, json }).toMatchObject({
      status: 201,
      json: {
        geometry: { shape: [30, 20, 12], spacingMm: [0.5, 0.75, 2.5] },
        datatype: 'int16',
        prompts: [
          { label: 2, text: 'air in CT' },
          { label: 4, text: 'bone in CT' },
        ],
      },
    });
    const job = await stack.api.submit({ input: { uri: json['uri'] }, prompts: json['prompts'] });
    const done = await stack.api.ended(job.id);
    expect(done.problem).toBeUndefined();
    const labels = gunzipSync(await stack.api.output(job.id, 'labels.nii.gz'));
    const { geometry, voxelOffset } = parseNiftiHeader(labels);
    expect(geometry.shape).toEqual([30, 20, 12]);
    const expected = Uint8Array.from({ length: 30 * 20 * 12 }, (_, n) => (n % 30 < 10 && n >= 6 * 600 ? 4 : 2));
    expect(Buffer.compare(labels.subarray(voxelOffset), Buffer.from(expected))).toBe(0);
    const manifest = await stack.api.manifest(job.id);
    expect(manifest).toMatchObject({ status: 'completed', geometry: json['geometry'] });
    if (manifest.status === 'completed') expect(manifest.warnings.join()).toContain('how it lies in the world');
  });

  test('a pickle that calls something is refused at the door, and nothing is called', async () => {
    expect(await upload('evil.npz')).toMatchObject({ status: 422, json: { type: '/problems/pickle-refused' } });
    await expect(readFile(join(folder.path, 'owned'))).rejects.toThrow('ENOENT');
    expect(await upload('flat.npz')).toMatchObject({ status: 422, json: { type: '/problems/volume-not-3d' } });
    const cut = (await readFile(join(folder.path, 'ct.npz'))).subarray(0, 300);
    expect(await stack.api.tryUpload(cut)).toMatchObject({ status: 422, json: { type: '/problems/npz-invalid' } });
    expect((await stack.stores.primary.list({ prefix: 'uploads/' })).blobs).toHaveLength(1);
  });
});
