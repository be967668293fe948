import { expect, it } from 'vitest';
import { Problem } from '@parse3d/contract/problems';
import { readAll } from '@parse3d/storage';
import { eventually } from './eventually.js';
import { collect, fails, MIB, openFiles, type SuiteBench } from './suite-support.js';

/** Ranges, pinned versions, readers that give up. */
export function readingCases(bench: SuiteBench): void {
  const { newKey, put, get } = bench;

  it.each([
    [{ start: 0, end: 0 }, 'a'],
    [{ start: 2, end: 4 }, 'cde'],
    [{ start: 7 }, 'hij'],
    [{ end: 2 }, 'abc'],
    [{ start: 8, end: 1000 }, 'ij'],
  ])('the range %j gives just those bytes, and the size of the whole', async (range, expected) => {
    const key = newKey();
    await put(key, 'abcdefghij');
    const { info, body } = await bench.store.read(key, range);
    expect((await collect(body)).toString()).toBe(expected);
    expect(info.bytes).toBe(10);
  });

  it.each([{ start: 10 }, { start: 99, end: 100 }, { start: 4, end: 3 }, { start: -1 }, { start: 0.5 }, { end: -1 }])(
    'the range %j of ten bytes is refused',
    async (range) => {
      const key = newKey();
      await put(key, 'abcdefghij');
      await fails(bench.store.read(key, range), 'blob-range-invalid');
    },
  );

  it('an empty object has no range, and is read from its start', async () => {
    const key = newKey();
    await put(key, '');
    expect(await get(key, { start: 0 })).toBe('');
    await fails(bench.store.read(key, { start: 0, end: 0 }), 'blob-range-invalid');
  });

  it('what is not there is missing', async () => {
    await fails(bench.store.head(newKey()), 'blob-missing');
    await fails(bench.store.read(newKey()), 'blob-missing');
    const key = newKey();
    await put(key, 'x');
    await fails(bench.store.read(`${key}/below`), 'blob-missing');
    await fails(bench.store.head(key.slice(0, key.indexOf('/'))), 'blob-missing');
  });

  it('a pinned version is read while it is there, and another one is refused', async () => {
    const key = newKey();
    const { etag } = await put(key, 'one');
    expect(await get(key, { etag })).toBe('one');
    await put(key, 'two');
    await fails(bench.store.read(key, { etag }), 'blob-changed');
    await fails(bench.store.read(key, { etag, start: 1, end: 2 }), 'blob-changed');
  });

  it('a read that began before an overwrite never mixes two versions', async () => {
    const key = newKey();
    const old = Buffer.alloc(12 * MIB, 'a');
    await bench.store.write(key, old);
    const { body } = await bench.store.read(key);
    await bench.store.write(key, Buffer.alloc(12 * MIB, 'b'));
    const read = await collect(body).catch((error: unknown) => error);
    if (read instanceof Buffer) expect(read.equals(old)).toBe(true);
    else expect(read).toMatchObject({ code: 'blob-changed' });
  });

  it('readers that are given up early leave no socket or file open', async () => {
    const key = newKey();
    await bench.store.write(key, Buffer.alloc(9 * MIB));
    await readAll(bench.store, key);
    const before = openFiles();
    for (let round = 0; round < 12; round++) {
      const { body } = await bench.store.read(key);
      if (round % 2 === 0) await body[Symbol.asyncIterator]().next();
      body.destroy();
    }
    await eventually(() => openFiles() <= before, { what: `at most ${before} open files` });
  });

  it('an abort ends the read, with the reason when that is a problem', async () => {
    const key = newKey();
    await bench.store.write(key, Buffer.alloc(9 * MIB));
    const abort = new AbortController();
    const { body } = await bench.store.read(key, { signal: abort.signal });
    abort.abort(new Problem('deadline-exceeded', 'too slow'));
    await fails(collect(body), 'deadline-exceeded');
    await fails(bench.store.read(key, { signal: AbortSignal.abort() }), 'canceled');
    await fails(bench.store.head(key, { signal: AbortSignal.abort() }), 'canceled');
  });

  it('a small read refuses to take more than it was told', async () => {
    const key = newKey();
    await put(key, '12345');
    expect(await get(key, { maxBytes: 5 })).toBe('12345');
    await fails(readAll(bench.store, key, { maxBytes: 4 }), 'payload-too-large');
  });
}
