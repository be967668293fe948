import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Problem, type ProblemCode } from '../problems/index.js';
import { copyToFile, readAll, readJson, sha256Of, writeFileTo, writeJson, type BlobStore } from '../storage/index.js';
import { eventually } from './eventually.js';
import { scratchFolder } from './scratch.js';

const MIB = 1024 * 1024;

/**
 * What every BlobStore must do. `open` gives an empty bucket and the function that closes it.
 * Asks for nothing that only one store has, besides `presigns`: whether the store makes URLs.
 */
export function blobStoreSuite(
  name: string,
  { presigns, open }: { presigns: boolean; open: () => Promise<{ store: BlobStore; close: () => Promise<void> }> },
): void {
  describe(`blob store: ${name}`, () => {
    let store: BlobStore;
    let close: () => Promise<void>;
    beforeAll(async () => {
      ({ store, close } = await open());
    });
    afterAll(() => close());

    /** A key that no other test uses. */
    const newKey = (end = 'blob'): string => `${randomUUID()}/${end}`;
    const put = (key: string, text: string) => store.write(key, Buffer.from(text));
    const get = async (key: string, options = {}): Promise<string> => (await readAll(store, key, options)).toString();

    describe('round trips', () => {
      it.each([
        ['nothing', 0],
        ['one byte', 1],
        ['21 MiB, which goes in parts,', 21 * MIB + 17],
        ['exactly one part', 8 * MIB],
        ['exactly two parts', 16 * MIB],
      ])('%s comes back as it was written', async (_what, size) => {
        const key = newKey('data.nii.gz');
        const data = randomBytes(size);
        const written = await store.write(key, slices(data, 300_001));
        expect(written).toMatchObject({ key, bytes: size, contentType: 'application/gzip' });
        const { info, body } = await store.read(key);
        expect(sha256(await collect(body))).toBe(sha256(data));
        expect(info).toEqual(await store.head(key));
        expect(info).toMatchObject({ key, bytes: size, etag: written.etag });
        expect(Math.abs(info.lastModified.getTime() - Date.now())).toBeLessThan(60_000);
      });

      it('a body in memory is written as a stream is', async () => {
        const key = newKey();
        const data = randomBytes(9 * MIB);
        // A view into a larger buffer: only its own bytes count.
        expect((await store.write(key, data.subarray(5))).bytes).toBe(data.length - 5);
        expect((await readAll(store, key)).equals(data.subarray(5))).toBe(true);
      });

      it.each(['Gehirn/größe 1.nii', '脳/断層', '𝒳/🧠', "a b+c%2F&=?#[]@!$'()*,;:~", 'e\u0301 is not \u00e9'])(
        'the key %j is kept as it is',
        async (end) => {
          const key = newKey(end);
          await put(key, end);
          expect(await get(key)).toBe(end);
          const prefix = key.slice(0, key.indexOf('/') + 1);
          expect((await store.list({ prefix })).blobs.map((blob) => blob.key)).toEqual([key]);
        },
      );

      it('a second write replaces the first and has another ETag', async () => {
        const key = newKey();
        const first = await put(key, 'one');
        const second = await put(key, 'two');
        expect(second.etag).not.toBe(first.etag);
        expect(await get(key)).toBe('two');
      });

      it('JSON and files come back as they were', async () => {
        const folder = await scratchFolder('transfer');
        try {
          const [json, copy] = [newKey('record.json'), newKey('copy')];
          await writeJson(store, json, { name: 'Lunge', volumes: [1, 2.5] });
          expect(await readJson(store, json)).toEqual({ name: 'Lunge', volumes: [1, 2.5] });

          let seen = 0;
          const down = await copyToFile(store, json, `${folder.path}/a`, { onBytes: (bytes) => (seen = bytes) });
          const up = await writeFileTo(store, copy, `${folder.path}/a`);
          expect(seen).toBe(down.bytes);
          expect(up.sha256).toBe(down.sha256);
          expect(await sha256Of(store, copy)).toMatchObject({ bytes: down.bytes, sha256: down.sha256 });
        } finally {
          await folder.remove();
        }
      });
    });

    describe('reading', () => {
      it.each([
        [{ start: 0, end: 0 }, 'a'],
        [{ start: 2, end: 4 }, 'cde'],
        [{ start: 7 }, 'hij'],
        [{ end: 2 }, 'abc'],
        [{ start: 8, end: 1000 }, 'ij'],
      ])('the range %j gives just those bytes, and the size of the whole', async (range, expected) => {
        const key = newKey();
        await put(key, 'abcdefghij');
        const { info, body } = await store.read(key, range);
        expect((await collect(body)).toString()).toBe(expected);
        expect(info.bytes).toBe(10);
      });

      it.each([
        { start: 10 },
        { start: 99, end: 100 },
        { start: 4, end: 3 },
        { start: -1 },
        { start: 0.5 },
        { end: -1 },
      ])('the range %j of ten bytes is refused', async (range) => {
        const key = newKey();
        await put(key, 'abcdefghij');
        await fails(store.read(key, range), 'blob-range-invalid');
      });

      it('an empty object has no range, and is read from its start', async () => {
        const key = newKey();
        await put(key, '');
        expect(await get(key, { start: 0 })).toBe('');
        await fails(store.read(key, { start: 0, end: 0 }), 'blob-range-invalid');
      });

      it('what is not there is missing', async () => {
        await fails(store.head(newKey()), 'blob-missing');
        await fails(store.read(newKey()), 'blob-missing');
        const key = newKey();
        await put(key, 'x');
        await fails(store.read(`${key}/below`), 'blob-missing');
        await fails(store.head(key.slice(0, key.indexOf('/'))), 'blob-missing');
      });

      it('a pinned version is read while it is there, and another one is refused', async () => {
        const key = newKey();
        const { etag } = await put(key, 'one');
        expect(await get(key, { etag })).toBe('one');
        await put(key, 'two');
        await fails(store.read(key, { etag }), 'blob-changed');
        await fails(store.read(key, { etag, start: 1, end: 2 }), 'blob-changed');
      });

      it('a read that began before an overwrite never mixes two versions', async () => {
        const key = newKey();
        const old = Buffer.alloc(12 * MIB, 'a');
        await store.write(key, old);
        const { body } = await store.read(key);
        await store.write(key, Buffer.alloc(12 * MIB, 'b'));
        const read = await collect(body).catch((error: unknown) => error);
        if (read instanceof Buffer) expect(read.equals(old)).toBe(true);
        else expect(read).toMatchObject({ code: 'blob-changed' });
      });

      it('readers that are given up early leave no socket or file open', async () => {
        const key = newKey();
        await store.write(key, Buffer.alloc(9 * MIB));
        await readAll(store, key);
        const before = openFiles();
        for (let round = 0; round < 12; round++) {
          const { body } = await store.read(key);
          if (round % 2 === 0) await body[Symbol.asyncIterator]().next();
          body.destroy();
        }
        await eventually(() => openFiles() <= before, { what: `at most ${before} open files` });
      });

      it('an abort ends the read, with the reason when that is a problem', async () => {
        const key = newKey();
        await store.write(key, Buffer.alloc(9 * MIB));
        const abort = new AbortController();
        const { body } = await store.read(key, { signal: abort.signal });
        abort.abort(new Problem('deadline-exceeded', 'too slow'));
        await fails(collect(body), 'deadline-exceeded');
        await fails(store.read(key, { signal: AbortSignal.abort() }), 'canceled');
        await fails(store.head(key, { signal: AbortSignal.abort() }), 'canceled');
      });

      it('a small read refuses to take more than it was told', async () => {
        const key = newKey();
        await put(key, '12345');
        expect(await get(key, { maxBytes: 5 })).toBe('12345');
        await fails(readAll(store, key, { maxBytes: 4 }), 'payload-too-large');
      });
    });

    describe('writing', () => {
      it.each([
        ['small', 100],
        ['large', 9 * MIB],
      ])('of eight %s conditional creates at once exactly one wins', async (_size, bytes) => {
        const key = newKey();
        const bodies = Array.from({ length: 8 }, (_, index) => Buffer.alloc(bytes, `${index}`));
        const outcomes = await Promise.allSettled(
          bodies.map((body) => store.write(key, slices(body, MIB), { ifAbsent: true })),
        );
        const winners = outcomes.flatMap((outcome, index) => (outcome.status === 'fulfilled' ? [index] : []));
        expect(winners).toHaveLength(1);
        for (const outcome of outcomes) {
          if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ code: 'blob-exists' });
        }
        const winner = bodies[winners[0] ?? -1];
        expect((await readAll(store, key)).equals(winner ?? Buffer.alloc(0))).toBe(true);
      });

      it('a conditional create leaves what is there', async () => {
        const key = newKey();
        const first = await put(key, 'first');
        await fails(store.write(key, Buffer.from('second'), { ifAbsent: true }), 'blob-exists');
        await fails(store.write(key, zeros(9 * MIB), { ifAbsent: true }), 'blob-exists');
        await fails(store.write(key, Buffer.alloc(9 * MIB), { ifAbsent: true }), 'blob-exists');
        expect((await store.head(key)).etag).toBe(first.etag);
      });

      it.each([
        ['at once', 0, false],
        ['after some bytes', 1000, false],
        ['after several parts', 20 * MIB, false],
        ['after several parts of a conditional create', 20 * MIB, true],
      ])('a body that fails %s leaves nothing, and its own error is thrown', async (_when, bytes, ifAbsent) => {
        const key = newKey();
        const failing = Readable.from(
          (async function* () {
            yield* zeros(bytes);
            throw new Error('the sender is gone');
          })(),
        );
        await expect(store.write(key, failing, { ifAbsent })).rejects.toThrow('the sender is gone');
        await fails(store.head(key), 'blob-missing');
      });

      it('a body that is cut off without an error leaves nothing', async () => {
        const key = newKey();
        const body = new Readable({ read: () => undefined });
        body.push('some bytes');
        const writing = store.write(key, body);
        body.once('pause', () => undefined);
        await eventually(() => body.readableLength === 0 && body.readableDidRead, { what: 'the write to take bytes' });
        body.destroy();
        await expect(writing).rejects.toThrow();
        await fails(store.head(key), 'blob-missing');
      });

      it.each([
        ['small', 10],
        ['large', 17 * MIB],
      ])('a %s body beyond maxBytes is refused and leaves nothing', async (_size, maxBytes) => {
        const key = newKey();
        expect((await store.write(key, zeros(maxBytes), { maxBytes })).bytes).toBe(maxBytes);
        await store.delete(key);
        const body = zeros(maxBytes + 1);
        await fails(store.write(key, body, { maxBytes }), 'payload-too-large');
        await fails(store.write(key, zeros(maxBytes + 1), { maxBytes, ifAbsent: true }), 'payload-too-large');
        await fails(store.head(key), 'blob-missing');
        expect(body.destroyed).toBe(true);
      });

      it.each([
        ['its first bytes', 1000],
        ['several parts', 20 * MIB],
      ])('an abort after %s ends a write whose sender hangs, and leaves nothing', async (_when, bytes) => {
        const key = newKey();
        const abort = new AbortController();
        const { body, drained } = hanging(bytes);
        const writing = store.write(key, body, { signal: abort.signal });
        await drained;
        abort.abort();
        await fails(writing, 'canceled');
        expect(body.destroyed).toBe(true);
        await fails(store.head(key), 'blob-missing');
        await fails(store.write(key, zeros(1), { signal: AbortSignal.abort() }), 'canceled');
      });
    });

    describe('listing and deleting', () => {
      it('keys come in the byte order of UTF-8, a page at a time, each once', async () => {
        const prefix = newKey('');
        // The order of folders beside names that begin like them, and of characters beyond U+FFFF, is where sorts err.
        const ends = ['a', 'a-b', 'a.b', 'a/b', 'a/c/d', 'a/c/e', 'a0', 'b', 'z', 'ä/x', '\uffee', '😀/a'].filter(
          (end) => end !== 'a',
        );
        for (const end of ends.toReversed()) await put(prefix + end, end);
        const expected = ends
          .map((end) => Buffer.from(prefix + end))
          .sort((a, b) => Buffer.compare(a, b))
          .map(String);
        for (const limit of [1, 3, 4, 1000]) {
          const keys: string[] = [];
          let startAfter: string | undefined;
          do {
            const page = await store.list({ prefix, startAfter, limit });
            expect(page.blobs.length).toBeLessThanOrEqual(limit);
            keys.push(...page.blobs.map((blob) => blob.key));
            startAfter = page.next;
          } while (startAfter !== undefined);
          expect(keys).toEqual(expected);
        }
        const after = await store.list({ prefix, startAfter: `${prefix}a/c` });
        expect(after.blobs.map((blob) => blob.key)).toEqual(expected.slice(expected.indexOf(`${prefix}a/c/d`)));
        const { blobs } = await store.list({ prefix: `${prefix}a/` });
        expect(blobs.map((blob) => blob.key.slice(prefix.length))).toEqual(['a/b', 'a/c/d', 'a/c/e']);
        expect(blobs[0]).toMatchObject({ bytes: 3, etag: (await store.head(`${prefix}a/b`)).etag });
      });

      it('a prefix ends anywhere, and one that nothing has gives an empty page', async () => {
        const prefix = newKey('');
        for (const end of ['scan-1', 'scan-2', 'scans/3']) await put(prefix + end, end);
        const keys = (await store.list({ prefix: `${prefix}scan-` })).blobs.map((blob) => blob.key);
        expect(keys).toEqual([`${prefix}scan-1`, `${prefix}scan-2`]);
        expect(await store.list({ prefix: `${prefix}none/at/all` })).toEqual({ blobs: [] });
        expect((await store.list({ limit: 1 })).blobs).toHaveLength(1);
      });

      it('a deleted object is gone, and deleting it again is no error', async () => {
        const [key, other] = [newKey('folder/one'), newKey('two')];
        await put(key, '1');
        await put(other, '2');
        await store.delete(key);
        await store.delete(key);
        await fails(store.head(key), 'blob-missing');
        expect(await get(other)).toBe('2');
        expect((await store.list({ prefix: key })).blobs).toEqual([]);
      });

      it('writers and deleters of one folder do not disturb each other', async () => {
        const folder = newKey('');
        await Promise.all(
          Array.from({ length: 8 }, async (_, writer) => {
            for (let round = 0; round < 10; round++) {
              await put(`${folder}deep/${writer}`, `${round}`);
              await store.delete(`${folder}deep/${writer}`);
            }
            await put(`${folder}deep/${writer}`, 'last');
          }),
        );
        expect((await store.list({ prefix: folder })).blobs).toHaveLength(8);
      });
    });

    describe('keys and URLs', () => {
      it.each(
        [
          ...['', '/', '/etc/passwd', '..', '../x', 'a/../../x', 'a/..', './a', 'a/./b', 'a//b', 'a/'],
          ...['a\0b', 'a\nb', 'a\\..\\b', '\ud800', 'k'.repeat(1025), 'é'.repeat(513)],
        ].map((key): [string, string] => [key.slice(0, 20), key]),
      )('the key %j is refused by everything', async (_name, key) => {
        const body = zeros(10);
        await fails(store.head(key), 'blob-key-invalid');
        await fails(store.read(key), 'blob-key-invalid');
        await fails(store.write(key, body), 'blob-key-invalid');
        await fails(store.delete(key), 'blob-key-invalid');
        await fails(store.presignRead(key, { expiresInSeconds: 60 }), 'blob-key-invalid');
        await eventually(() => body.destroyed);
      });

      it('no prefix leads out of the bucket', async () => {
        for (const prefix of ['../', '/', 'a/../../', 'a//']) await fails(store.list({ prefix }), 'blob-key-invalid');
        expect((await store.list({ prefix: '..' })).blobs).toEqual([]);
      });

      it('the bucket is healthy', async () => {
        expect(await store.healthy()).toBe(true);
      });

      it.runIf(presigns)('a presigned URL reads the object without credentials, under the name given', async () => {
        const key = newKey('größe +1.nii.gz');
        await put(key, 'by link');
        const url = await store.presignRead(key, { expiresInSeconds: 60, downloadAs: 'Größe "1".nii.gz' });
        const answer = await fetch(url ?? '');
        expect(answer.status).toBe(200);
        expect(answer.headers.get('content-disposition')).toContain(
          `filename*=UTF-8''Gr%C3%B6%C3%9Fe%20%221%22.nii.gz`,
        );
        expect(await answer.text()).toBe('by link');
        expect((await fetch((url ?? '').replace(/Signature=./, 'Signature=x'))).status).toBe(403);
      });

      it.runIf(!presigns)('a store without URLs says so', async () => {
        expect(await store.presignRead(newKey(), { expiresInSeconds: 60 })).toBeUndefined();
      });
    });
  });
}

async function fails(promise: Promise<unknown>, code: ProblemCode): Promise<void> {
  const error: unknown = await promise.then(
    () => new Error(`expected ${code}, but it succeeded`),
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(Problem);
  expect(error).toMatchObject({ code });
}

async function collect(body: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of body as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}

const sha256 = (data: Buffer): string => createHash('sha256').update(data).digest('hex');

/** The data as a stream of unknown length. */
function slices(data: Buffer, size: number): Readable {
  return Readable.from(
    (function* () {
      for (let start = 0; start < data.length; start += size) yield data.subarray(start, start + size);
    })(),
    { objectMode: false },
  );
}

const zeros = (bytes: number): Readable => slices(Buffer.alloc(bytes), MIB);

/** A sender that stops in the middle; `drained` resolves when the receiver has taken all that came. */
function hanging(bytes: number): { body: Readable; drained: Promise<void> } {
  let taken = (): void => undefined;
  const drained = new Promise<void>((resolve) => (taken = resolve));
  let left = bytes;
  const body = new Readable({
    read() {
      if (left === 0) return taken();
      const chunk = Buffer.alloc(Math.min(left, 64 * 1024));
      left -= chunk.length;
      this.push(chunk);
    },
  });
  return { body, drained };
}

/** Files and sockets that this process has open; constant where the system does not tell. */
function openFiles(): number {
  return process.platform === 'linux' ? readdirSync('/proc/self/fd').length : 0;
}
