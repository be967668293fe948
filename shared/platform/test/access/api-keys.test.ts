import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ApiKeys, keyIdOf, mintApiKey, verifies } from '../../src/access/index.js';
import { FileBlobStore } from '@parse3d/storage';
import { assertNothingLeaks, eventually, scratchFolder, type ScratchFolder } from '@parse3d/testing';

const grant = { name: 'test', tenant: 'default', scopes: ['jobs:read' as const], inputs: [] };

let folder: ScratchFolder;
let store: FileBlobStore;
beforeAll(async () => {
  folder = await scratchFolder('keys');
  await mkdir(join(folder.path, 'bucket'));
  store = new FileBlobStore({ root: folder.path, bucket: 'bucket' });
});
afterAll(async () => {
  await store.close();
  await folder.remove();
  await assertNothingLeaks();
});

test('a stored key verifies, and its secret is nowhere in the store', async () => {
  const keys = new ApiKeys(store);
  const { key, record } = await keys.create(grant);
  expect(await keys.verify(key)).toEqual(record);
  const stored = await readFile(join(folder.path, 'bucket', 'keys', `${record.id}.json`), 'utf8');
  expect(stored).not.toContain(key.slice(-20));
});

test('a key with one other character, another id or no form at all is not valid', async () => {
  const keys = new ApiKeys(store);
  const { key } = await keys.create(grant);
  const last = key.endsWith('A') ? 'B' : 'A';
  expect(await keys.verify(key.slice(0, -1) + last)).toBeUndefined();
  expect(await keys.verify(mintApiKey(grant).key)).toBeUndefined();
  for (const text of ['', 'p3d_', 'p3d_../../../etc/passwd_x', key.toUpperCase(), `${key}A`]) {
    expect(await keys.verify(text)).toBeUndefined();
  }
});

test('an expired key is not valid', () => {
  const { key, record } = mintApiKey({ ...grant, expiresAt: '2026-01-01T00:00:00Z' });
  expect(verifies(key, record, new Date('2025-12-31T23:59:59Z'))).toBe(true);
  expect(verifies(key, record, new Date('2026-01-01T00:00:00Z'))).toBe(false);
});

test('a revoked key is refused at once here, and elsewhere when the cache has aged', async () => {
  const here = new ApiKeys(store);
  const elsewhere = new ApiKeys(store, () => undefined, 50);
  const { key, record } = await here.create(grant);
  expect(await elsewhere.verify(key)).toBeDefined();
  await here.revoke(record);
  expect(await here.verify(key)).toBeUndefined();
  await eventually(async () => (await elsewhere.verify(key)) === undefined, {
    what: 'the key to be refused elsewhere',
  });
  expect((await here.list()).map(({ id }) => id)).not.toContain(record.id);
});

test('ids are found in keys only', () => {
  const { key, record } = mintApiKey(grant);
  expect(keyIdOf(key)).toBe(record.id);
  expect(keyIdOf(`Bearer ${key}`)).toBeUndefined();
});
