import { execFile } from 'node:child_process';
import { appendFile, mkdir, readdir, readFile, symlink, truncate, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FileBlobStore, listBlobFolder, openStores, readAll } from '../src/index.js';
import { assertNothingLeaks, scratchFolder, type ScratchFolder } from '@parse3d/testing';

afterAll(assertNothingLeaks);

let scratch: ScratchFolder;
let root: string;
let outside: string;
let store: FileBlobStore;

beforeEach(async () => {
  scratch = await scratchFolder('file-folder');
  root = join(scratch.path, 'root');
  outside = join(scratch.path, 'outside');
  await mkdir(join(root, 'scans'), { recursive: true });
  await mkdir(outside);
  await writeFile(join(outside, 'secret'), 'secret');
  store = new FileBlobStore({ root, bucket: 'scans' });
});
afterEach(() => scratch.remove());

const keys = async (prefix = ''): Promise<string[]> => (await store.list({ prefix })).blobs.map((blob) => blob.key);
const text = async (key: string): Promise<string> => (await readAll(store, key)).toString();

describe('links in the folder of a store', () => {
  it('out of the bucket are no objects: not read, listed, deleted or written through', async () => {
    const linked = join(root, 'scans', 'link');
    await symlink(join(outside, 'secret'), linked);
    await expect(store.read('link')).rejects.toMatchObject({ code: 'blob-missing' });
    await expect(store.head('link')).rejects.toMatchObject({ code: 'blob-missing' });
    await store.delete('link');
    expect(await keys()).toEqual([]);
    expect(await readFile(linked, 'utf8')).toBe('secret');
    await store.write('link', Buffer.from('mine'));
    expect(await text('link')).toBe('mine');
    expect(await readFile(join(outside, 'secret'), 'utf8')).toBe('secret');
  });

  it('that stay inside the bucket are read as what they lead to, and are not written or deleted through', async () => {
    await store.write('annex/x1', Buffer.from('x'));
    await mkdir(join(root, 'scans', 'sub-01'));
    await symlink('../annex/x1', join(root, 'scans', 'sub-01', 't1.nii'));
    await symlink(join(root, 'scans', 'annex'), join(root, 'scans', 'near'));
    await symlink(join(root, 'scans'), join(root, 'scans', 'near', 'circle'));
    expect(await keys()).toEqual(['annex/x1', 'near/x1', 'sub-01/t1.nii']);
    expect(await keys('near/')).toContain('near/x1');
    for (const key of ['near/x1', 'sub-01/t1.nii']) {
      expect(await text(key)).toBe('x');
      expect(await store.head(key)).toMatchObject({ key, bytes: 1, etag: (await store.head('annex/x1')).etag });
      await store.delete(key);
      expect(await text(key)).toBe('x');
    }
    await expect(store.write('near/y', Buffer.from('y'))).rejects.toMatchObject({ code: 'blob-key-invalid' });
  });

  it('that lead out of the bucket or to nothing are named by a listing, and make a folder of a series unreadable', async () => {
    await store.write('real/x', Buffer.from('x'));
    await symlink(outside, join(root, 'scans', 'away'));
    await symlink('/nothing/here', join(root, 'scans', 'real', 'y'));
    for (const key of ['away/secret', 'real/y']) {
      await expect(store.read(key)).rejects.toMatchObject({ code: 'blob-missing' });
      await expect(store.head(key)).rejects.toMatchObject({ code: 'blob-missing' });
      await store.delete(key);
    }
    await expect(store.write('away/new/y', Buffer.from('y'))).rejects.toMatchObject({ code: 'blob-key-invalid' });
    const page = await store.list();
    expect(page.blobs.map(({ key }) => key)).toEqual(['real/x']);
    expect(page.leftOut).toEqual(['away', 'real/y']);
    expect(await keys('away/')).toEqual([]);
    expect(await readdir(outside)).toEqual(['secret']);
    const stores = openStores({ kind: 'file', root, bucket: 'scans' });
    await expect(listBlobFolder(stores, 'local://scans/real/', 1e6)).rejects.toMatchObject({
      code: 'dicom-slices-missing',
      fields: { unread: 1 },
    });
  });

  it('in place of the bucket lead nowhere', async () => {
    await symlink(outside, join(root, 'linked'));
    const linked = new FileBlobStore({ root, bucket: 'linked' });
    await expect(linked.read('secret')).rejects.toMatchObject({ code: 'blob-missing' });
    expect((await linked.list()).blobs).toEqual([]);
    await expect(linked.write('x', Buffer.from('x'))).rejects.toMatchObject({ code: 'blob-key-invalid' });
    expect(await linked.healthy()).toBe(false);
  });

  it('above the root are the operator\u2019s own', async () => {
    await symlink(root, join(scratch.path, 'mount'));
    const mounted = new FileBlobStore({ root: join(scratch.path, 'mount'), bucket: 'scans' });
    await mounted.write('a/b', Buffer.from('b'));
    expect(await text('a/b')).toBe('b');
  });
});

describe('files that others put into the folder', () => {
  it('are objects', async () => {
    await mkdir(join(root, 'scans', 'study'));
    await writeFile(join(root, 'scans', 'study', 'ct.nii'), 'voxels');
    expect(await keys()).toEqual(['study/ct.nii']);
    expect(await text('study/ct.nii')).toBe('voxels');
  });

  it.each([
    ['grows', (path: string) => appendFile(path, 'more')],
    ['is cut short', (path: string) => truncate(path, 1000)],
  ])('a file that %s in place while it is read ends the read', async (_what, change) => {
    const path = join(root, 'scans', 'big');
    await writeFile(path, Buffer.alloc(3_000_000));
    const { info, body } = await store.read('big');
    const chunks = body[Symbol.asyncIterator]();
    await chunks.next();
    await change(path);
    const readOn = async (): Promise<void> => {
      while ((await chunks.next()).done !== true);
    };
    await expect(readOn()).rejects.toMatchObject({ code: 'blob-changed' });
    await expect(store.read('big', { etag: info.etag })).rejects.toMatchObject({ code: 'blob-changed' });
  });
});

describe('the shape of the folder', () => {
  it('an object and keys beneath it exclude each other, with a reason', async () => {
    await store.write('a', Buffer.from('1'));
    await store.write('b/c', Buffer.from('2'));
    for (const ifAbsent of [false, true]) {
      await expect(store.write('a/x', Buffer.from('3'), { ifAbsent })).rejects.toMatchObject({
        code: 'blob-key-invalid',
      });
      await expect(store.write('b', Buffer.from('4'), { ifAbsent })).rejects.toMatchObject({
        code: 'blob-key-invalid',
      });
    }
    expect(await keys()).toEqual(['a', 'b/c']);
  });

  it('folders go with their last object', async () => {
    await store.write('a/b/c', Buffer.from('1'));
    await store.write('a/d', Buffer.from('2'));
    await store.delete('a/b/c');
    expect(await readdir(join(root, 'scans', 'a'))).toEqual(['d']);
    await store.delete('a/d');
    expect(await readdir(join(root, 'scans'))).toEqual([]);
  });

  it('what a killed writer left is swept after a day, and nothing else is left behind', async () => {
    const temporary = join(root, '.tmp');
    await mkdir(temporary);
    await writeFile(join(temporary, 'old'), '');
    await writeFile(join(temporary, 'fresh'), '');
    const twoDaysAgo = new Date(Date.now() - 48 * 3600 * 1000);
    await utimes(join(temporary, 'old'), twoDaysAgo, twoDaysAgo);
    await store.write('x', Buffer.from('x'));
    await store.write('x', Buffer.from('y'), { ifAbsent: true }).catch(() => undefined);
    expect(await readdir(temporary)).toEqual(['fresh']);
    expect((await readdir(root)).sort()).toEqual(['.tmp', 'scans']);
  });
});

it('of several processes that create one key exactly one wins', async () => {
  const storage = new URL('../dist/index.js', import.meta.url).href;
  const program = `
    import { FileBlobStore } from ${JSON.stringify(storage)};
    const store = new FileBlobStore({ root: process.argv[1], bucket: 'scans' });
    const wins = [];
    for (let key = 0; key < 40; key++) {
      const body = Buffer.from(process.argv[2]);
      await store.write('race/' + key, body, { ifAbsent: true }).then(() => wins.push(key), (error) => {
        if (error.code !== 'blob-exists') throw error;
      });
    }
    console.log(JSON.stringify(wins));`;
  const run = (name: string) =>
    promisify(execFile)(process.execPath, ['--input-type=module', '-e', program, root, name], {
      cwd: fileURLToPath(new URL('../..', import.meta.url)),
    });
  const names = ['a', 'b', 'c'];
  const outputs = await Promise.all(names.map(run));
  const owners = new Map<number, string>();
  outputs.forEach(({ stdout }, index) => {
    for (const key of JSON.parse(stdout) as number[]) {
      expect(owners.has(key)).toBe(false);
      owners.set(key, names[index] ?? '');
    }
  });
  expect(owners.size).toBe(40);
  for (const [key, owner] of owners) expect(await text(`race/${key}`)).toBe(owner);
});
