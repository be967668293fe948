import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BatchSource } from '@parse3d/contract';
import { openStores } from '@parse3d/storage';
import { assertNothingLeaks, scratchFolder } from '@parse3d/testing';
import { afterAll, expect, test } from 'vitest';
import { LeftOutCounts, sourceItems } from '../../src/batches/sources.js';

afterAll(assertNothingLeaks);

test('links that cannot be followed are counted, and volumes of every format are taken without being asked for', async () => {
  const scratch = await scratchFolder('batch-sources');
  const stores = openStores({ kind: 'file', root: scratch.path, bucket: 'parse3d' });
  try {
    const bucket = join(scratch.path, 'scans');
    await mkdir(join(bucket, 'deep'), { recursive: true });
    for (const name of ['a.nii', 'deep/b.nii.gz', 'c.nrrd', 'd.mha', 'c.seg.nrrd', 'e.npz', 'notes.txt']) {
      await writeFile(join(bucket, name), 'x');
    }
    await symlink('a.nii', join(bucket, 'inside.nii'));
    await symlink('/nowhere/at/all.nii', join(bucket, 'lost.nii'));
    await symlink('/etc', join(bucket, 'deep', 'away'));
    const taken = async (source: object): Promise<[string[], object]> => {
      const leftOut = new LeftOutCounts();
      const uris: string[] = [];
      for await (const { uri } of sourceItems(BatchSource.parse(source), stores, leftOut)) uris.push(uri);
      return [uris.map((uri) => uri.replace('local://scans/', '')), leftOut.list()];
    };
    const links = [{ reason: 'link', count: 2 }];
    const uri = 'local://scans/';
    expect(await taken({ kind: 'prefix', uri })).toEqual([
      ['a.nii', 'c.nrrd', 'd.mha', 'deep/b.nii.gz', 'inside.nii'],
      links,
    ]);
    expect(await taken({ kind: 'prefix', uri, pattern: '*.npz' })).toEqual([['e.npz'], links]);
  } finally {
    await stores.close();
    await scratch.remove();
  }
});
