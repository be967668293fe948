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
imgs = np.where((x < 10) & (z > 5), 700, 40).astype("int16")
prompts = {"4": "bone in CT", "2": "soft tissue in CT", "instance_label": 0}
np.savez_compressed(f"{folder}/ct.npz", imgs=imgs, spacing=np.array([0.5, 0.75, 2.5]), text_prompts=prompts)
blocks = np.full((12, 20, 30), 40, "int16")
blocks[2:5, 3:9, 4:10] = 700
blocks[2:5, 9:12, 12:20] = 700
blocks[8:10, 2:4, 2:4] = 700
np.savez_compressed(f"{folder}/objects.npz", imgs=blocks, spacing=np.array([0.5, 0.75, 2.5]), text_prompts={"1": "bone in CT", "instance_label": 1})
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
          { label: 2, text: 'soft tissue in CT' },
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

  test('an .npz volume that wants single objects gets them, numbered by size', async () => {
    const { json } = await upload('objects.npz');
    expect(json['prompts']).toEqual([{ label: 1, text: 'bone in CT', instances: true }]);
    const prompts = [{ text: 'bone in CT', instances: true, minVoxels: 10 }];
    const outputs = { npz: true, preview: false };
    const job = await stack.api.submit({ input: { uri: json['uri'] }, prompts, outputs });
    const done = await stack.api.ended(job.id);
    expect(done.problem).toBeUndefined();
    const manifest = await stack.api.manifest(job.id);
    if (manifest.status !== 'completed') throw new Error(manifest.status);
    expect(manifest.prompts).toEqual([{ ...prompts[0], label: 1 }]);
    const [finding] = manifest.findings;
    // The centre of z 2 to 4, y 3 to 8, x 4 to 9, in the millimetres of an LPS grid.
    const largest = { object: 1, voxels: 108, boundingBox: { min: [4, 3, 2], max: [9, 8, 4] } };
    expect(finding).toMatchObject({
      voxels: 108 + 72 + 8,
      instances: { count: 2, separatedBy: 'components', dropped: { objects: 1, voxels: 8 }, truncated: false },
    });
    expect(finding?.instances?.objects).toMatchObject([largest, { object: 2, voxels: 72 }]);
    const inBox = (n: number, from: readonly number[], to: readonly number[]): boolean =>
      [n % 30, Math.floor(n / 30) % 20, Math.floor(n / 600)].every(
        (at, axis) => at >= (from[axis] ?? 0) && at < (to[axis] ?? 0),
      );
    const objects = gunzipSync(await stack.api.output(job.id, 'instances-1.nii.gz'));
    const expected = Uint16Array.from({ length: 30 * 20 * 12 }, (_, n) =>
      inBox(n, [4, 3, 2], [10, 9, 5]) ? 1 : inBox(n, [12, 9, 2], [20, 12, 5]) ? 2 : 0,
    );
    expect(objects.subarray(parseNiftiHeader(objects).voxelOffset).equals(Buffer.from(expected.buffer))).toBe(true);
    const table = (await stack.api.output(job.id, 'instances-1.csv')).toString().trimEnd().split('\n');
    expect(table).toHaveLength(3);
    expect(table[1]).toMatch(/^1,108,/);
    const refused = await stack.api.send('POST', '/v1/jobs', {
      input: { uri: json['uri'] },
      prompts: [{ text: 'bone in CT', minVoxels: 10 }],
    });
    expect(refused).toMatchObject({ status: 400 });
    expect(JSON.stringify(refused.json)).toContain('they belong to \\"instances\\": true');
  });

  test('a pickle that calls something is refused at the door, and nothing is called', async () => {
    expect(await upload('evil.npz')).toMatchObject({ status: 422, json: { type: '/problems/pickle-refused' } });
    await expect(readFile(join(folder.path, 'owned'))).rejects.toThrow('ENOENT');
    expect(await upload('flat.npz')).toMatchObject({ status: 422, json: { type: '/problems/volume-not-3d' } });
    const cut = (await readFile(join(folder.path, 'ct.npz'))).subarray(0, 300);
    expect(await stack.api.tryUpload(cut)).toMatchObject({ status: 422, json: { type: '/problems/npz-invalid' } });
    expect((await stack.stores.primary.list({ prefix: 'uploads/' })).blobs).toHaveLength(2);
  });
});
