import { expect, it } from 'vitest';
import { eventually } from './eventually.js';
import { fails, zeros, type SuiteBench } from './suite-support.js';

/** Listing, deleting, keys that are refused, URLs. */
export function keyCases(bench: SuiteBench): void {
  const { newKey, put, get } = bench;

  it('keys come in the byte order of UTF-8, a page at a time, each once', async () => {
    const prefix = newKey('');
    // The order of folders beside names that begin like them, and of characters beyond U+FFFF, is where sorts err.
    const ends = ['a-b', 'a.b', 'a/b', 'a/c/d', 'a/c/e', 'a0', 'b', 'z', 'ä/x', '\uffee', '😀/a'];
    for (const end of ends.toReversed()) await put(prefix + end, end);
    const expected = ends
      .map((end) => Buffer.from(prefix + end))
      .sort((a, b) => Buffer.compare(a, b))
      .map(String);
    for (const limit of [1, 3, 4, 1000]) {
      const keys: string[] = [];
      let startAfter: string | undefined;
      do {
        const page = await bench.store.list({ prefix, startAfter, limit });
        expect(page.blobs.length).toBeLessThanOrEqual(limit);
        keys.push(...page.blobs.map((blob) => blob.key));
        startAfter = page.next;
      } while (startAfter !== undefined);
      expect(keys).toEqual(expected);
    }
    const after = await bench.store.list({ prefix, startAfter: `${prefix}a/c` });
    expect(after.blobs.map((blob) => blob.key)).toEqual(expected.slice(expected.indexOf(`${prefix}a/c/d`)));
    const { blobs } = await bench.store.list({ prefix: `${prefix}a/` });
    expect(blobs.map((blob) => blob.key.slice(prefix.length))).toEqual(['a/b', 'a/c/d', 'a/c/e']);
    expect(blobs[0]).toMatchObject({ bytes: 3, etag: (await bench.store.head(`${prefix}a/b`)).etag });
  });

  it('a prefix ends anywhere, and one that nothing has gives an empty page', async () => {
    const prefix = newKey('');
    for (const end of ['scan-1', 'scan-2', 'scans/3']) await put(prefix + end, end);
    const keys = (await bench.store.list({ prefix: `${prefix}scan-` })).blobs.map((blob) => blob.key);
    expect(keys).toEqual([`${prefix}scan-1`, `${prefix}scan-2`]);
    expect(await bench.store.list({ prefix: `${prefix}none/at/all` })).toEqual({ blobs: [] });
    expect((await bench.store.list({ limit: 1 })).blobs).toHaveLength(1);
  });

  it('a deleted object is gone, and deleting it again is no error', async () => {
    const [key, other] = [newKey('folder/one'), newKey('two')];
    await put(key, '1');
    await put(other, '2');
    await bench.store.delete(key);
    await bench.store.delete(key);
    await fails(bench.store.head(key), 'blob-missing');
    expect(await get(other)).toBe('2');
    expect((await bench.store.list({ prefix: key })).blobs).toEqual([]);
  });

  it('writers and deleters of one folder do not disturb each other', async () => {
    const folder = newKey('');
    await Promise.all(
      Array.from({ length: 8 }, async (_, writer) => {
        for (let round = 0; round < 10; round++) {
          await put(`${folder}deep/${writer}`, `${round}`);
          await bench.store.delete(`${folder}deep/${writer}`);
        }
        await put(`${folder}deep/${writer}`, 'last');
      }),
    );
    expect((await bench.store.list({ prefix: folder })).blobs).toHaveLength(8);
  });

  it.each(
    [
      ...['', '/', '/etc/passwd', '..', '../x', 'a/../../x', 'a/..', './a', 'a/./b', 'a//b', 'a/'],
      ...['a\0b', 'a\nb', 'a\\..\\b', '\ud800', 'k'.repeat(1025), 'é'.repeat(513)],
    ].map((key): [string, string] => [key.slice(0, 20), key]),
  )('the key %j is refused by everything', async (_name, key) => {
    const body = zeros(10);
    await fails(bench.store.head(key), 'blob-key-invalid');
    await fails(bench.store.read(key), 'blob-key-invalid');
    await fails(bench.store.write(key, body), 'blob-key-invalid');
    await fails(bench.store.delete(key), 'blob-key-invalid');
    await fails(bench.store.presignRead(key, { expiresInSeconds: 60 }), 'blob-key-invalid');
    await eventually(() => body.destroyed);
  });

  it('no prefix leads out of the bucket', async () => {
    for (const prefix of ['../', '/', 'a/../../', 'a//']) await fails(bench.store.list({ prefix }), 'blob-key-invalid');
    expect((await bench.store.list({ prefix: '..' })).blobs).toEqual([]);
  });

  it('the room on the disk is in bytes, where the store can know it', async () => {
    const room = await bench.store.room();
    if (bench.store.scheme === 's3') expect(room).toBeUndefined();
    else expect(room?.freeBytes).toBeLessThanOrEqual(room?.totalBytes ?? 0);
  });

  it('the bucket is healthy', async () => {
    expect(await bench.store.healthy()).toBe(true);
  });

  if (bench.presigns) {
    it('a presigned URL reads the object without credentials, under the name given', async () => {
      const key = newKey('größe +1.nii.gz');
      await put(key, 'by link');
      const url = await bench.store.presignRead(key, { expiresInSeconds: 60, downloadAs: 'Größe "1".nii.gz' });
      const answer = await fetch(url ?? '');
      expect(answer.status).toBe(200);
      expect(answer.headers.get('content-disposition')).toContain(`filename*=UTF-8''Gr%C3%B6%C3%9Fe%20%221%22.nii.gz`);
      expect(await answer.text()).toBe('by link');
      expect((await fetch((url ?? '').replace(/Signature=./, 'Signature=x'))).status).toBe(403);
    });
  } else {
    it('a store without URLs says so', async () => {
      expect(await bench.store.presignRead(newKey(), { expiresInSeconds: 60 })).toBeUndefined();
    });
  }
}
