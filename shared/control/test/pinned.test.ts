import { afterAll, beforeAll, expect, test } from 'vitest';
import { pinned } from '../src/jobs/request.js';
import { createBucketIfMissing, openStores, type Stores } from '@parse3d/storage';
import { scratchFolder, type ScratchFolder } from '@parse3d/testing';

let folder: ScratchFolder;
let stores: Stores;
beforeAll(async () => {
  folder = await scratchFolder('pinned');
  const storage = { kind: 'file', root: folder.path, bucket: 'bucket' } as const;
  await createBucketIfMissing(storage);
  stores = openStores(storage);
});
afterAll(async () => {
  await stores.close();
  await folder.remove();
});

test('an item that is a folder of images gets the version and the size of all of it', async () => {
  const item = { uri: 'local://bucket/series/', etag: '', bytes: 0 };
  await stores.primary.write('series/1', Buffer.from('one'));
  await stores.primary.write('series/2', Buffer.from('two'));
  const before = await pinned(item, stores);
  expect(before).toMatchObject({ uri: item.uri, bytes: 6 });
  expect(before.etag).not.toBe('');
  await stores.primary.write('series/2', Buffer.from('2'));
  const after = await pinned(item, stores);
  expect(after.bytes).toBe(4);
  expect(after.etag).not.toBe(before.etag);
  expect(await pinned(before, stores)).toBe(before);
});

test('an object and a folder that are not there are missing volumes', async () => {
  for (const uri of ['local://bucket/none/', 'local://bucket/none.nii']) {
    await expect(pinned({ uri, etag: '', bytes: 0 }, stores)).rejects.toMatchObject({ code: 'volume-missing' });
  }
});
