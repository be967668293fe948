import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openStores, type Stores } from '@parse3d/storage';
import { scratchFolder, type ScratchFolder } from '@parse3d/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { listFolder } from '../../src/jobs/list-volumes.js';

const caller = { tenant: 'default', inputs: ['local://scans/'] };
/** As the service has them, with fewer keys a listing. */
const BOUNDS = { listings: 10, keys: 100 };
const FILES = 1_500;

let folder: ScratchFolder;
let stores: Stores;
let listings = 0;
beforeAll(async () => {
  folder = await scratchFolder('list-volumes');
  const path = join(folder.path, 'scans/many');
  await mkdir(path, { recursive: true });
  const names = Array.from({ length: FILES }, (_, index) => `n${String(index).padStart(6, '0')}.txt`);
  for (let first = 0; first < FILES; first += 500) {
    await Promise.all(names.slice(first, first + 500).map((name) => writeFile(join(path, name), '')));
  }
  await writeFile(join(path, 'z.nii'), 'x');
  await mkdir(join(folder.path, 'parse3d'));
  stores = openStores({ kind: 'file', root: folder.path, bucket: 'parse3d' });
  // The real store, with every listing counted.
  const store = stores.bucket('local', 'scans');
  const list = store.list.bind(store);
  store.list = (options) => {
    listings++;
    return list(options);
  };
});
afterAll(async () => {
  await stores.close();
  await folder.remove();
});

test('a folder of many files that are not volumes is listed a bounded number of times an answer, and is gone through in the end', async () => {
  const found: string[] = [];
  let after: string | undefined;
  let answers = 0;
  do {
    listings = 0;
    const page = await listFolder('local://scans/many/', after, caller, { stores }, BOUNDS);
    expect(listings).toBeLessThanOrEqual(BOUNDS.listings);
    found.push(...page.volumes.map(({ uri }) => uri));
    after = page.next;
    answers++;
  } while (after !== undefined);
  expect(found).toEqual(['local://scans/many/z.nii']);
  expect(answers).toBe(Math.ceil((FILES + 1) / (BOUNDS.listings * BOUNDS.keys)));
});
