import { readdir } from 'node:fs/promises';
import { afterAll, expect, it } from 'vitest';
import { createBucketIfMissing, openStores, readAll, type StorageConfig } from '../src/index.js';
import { assertNothingLeaks, scratchFolder } from '@parse3d/testing';

afterAll(assertNothingLeaks);

it('a URI opens the store of its bucket, each bucket once', async () => {
  const scratch = await scratchFolder('stores');
  const stores = openStores({ kind: 'file', root: scratch.path, bucket: 'parse3d' });
  try {
    const { store, key } = stores.open('local://scans/a/b.nii');
    expect({ bucket: store.bucket, scheme: store.scheme, key }).toEqual({
      bucket: 'scans',
      scheme: 'local',
      key: 'a/b.nii',
    });
    expect(stores.bucket('local', 'scans')).toBe(store);
    expect(stores.bucket('local', 'parse3d')).toBe(stores.primary);
    await store.write(key, Buffer.from('voxels'));
    expect((await readAll(stores.open('local://scans/a/b.nii').store, key)).toString()).toBe('voxels');
    expect((await stores.primary.list()).blobs).toEqual([]);
  } finally {
    await stores.close();
    await scratch.remove();
  }
});

it('a URI of storage that is not configured is refused', async () => {
  const file = openStores({ kind: 'file', root: '/nowhere', bucket: 'parse3d' });
  const s3 = openStores({ kind: 's3', endpoint: 'http://127.0.0.1:9', bucket: 'parse3d' });
  expect(() => file.open('s3://scans/x')).toThrow(expect.objectContaining({ code: 'input-not-allowed' }));
  expect(() => s3.open('local://scans/x')).toThrow(expect.objectContaining({ code: 'input-not-allowed' }));
  expect(() => file.open('local://../x')).toThrow(expect.objectContaining({ code: 'blob-key-invalid' }));
  expect(s3.open('s3://scans/x').store.bucket).toBe('scans');
  await s3.close();
});

it('a bucket is made once', async () => {
  const scratch = await scratchFolder('stores');
  try {
    const config: StorageConfig = { kind: 'file', root: `${scratch.path}/deep`, bucket: 'parse3d' };
    await createBucketIfMissing(config);
    await createBucketIfMissing(config);
    await createBucketIfMissing(config, 'scans');
    expect((await readdir(config.root)).sort()).toEqual(['parse3d', 'scans']);
    await expect(createBucketIfMissing(config, '../up')).rejects.toMatchObject({ code: 'blob-key-invalid' });
  } finally {
    await scratch.remove();
  }
});

it('a file in place of the root means unavailable or invalid, never a raw error', async () => {
  const stores = openStores({ kind: 'file', root: import.meta.filename, bucket: 'parse3d' });
  expect(await stores.primary.healthy()).toBe(false);
  await expect(stores.primary.write('x', Buffer.from('x'))).rejects.toHaveProperty('code');
  await expect(stores.primary.read('x')).rejects.toMatchObject({ code: 'blob-missing' });
});
