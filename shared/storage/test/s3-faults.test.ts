import { randomBytes, randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { ListMultipartUploadsCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { openStores, readAll, type BlobStore, type Stores } from '../src/index.js';
import {
  assertNothingLeaks,
  eventually,
  FaultyProxy,
  freePort,
  startRadosgw,
  type TestRadosgw,
} from '@parse3d/testing';
import { withRadosgw } from './with-radosgw.js';

const MIB = 1024 * 1024;
const ALWAYS = Infinity;
/** Long enough for a busy machine, short enough for a test. */
const TIMEOUTS = { connectMs: 1000, requestMs: 1500, idleMs: 700 };

afterAll(assertNothingLeaks);

withRadosgw('the S3 store, when the network fails', () => {
  let server: TestRadosgw;
  let proxy: FaultyProxy;
  const opened: Stores[] = [];
  /** Without faults. */
  let direct: BlobStore;
  /** Through the proxy. */
  let store: BlobStore;

  const open = (changes: object = {}): BlobStore => {
    const stores = openStores({ ...server.config('faults'), timeouts: TIMEOUTS, ...changes });
    opened.push(stores);
    return stores.primary;
  };

  beforeAll(async () => {
    server = await startRadosgw();
    await server.createBucket('faults');
    proxy = await FaultyProxy.start(server.endpoint);
    direct = open({ timeouts: undefined });
    store = open({ endpoint: proxy.url });
  });
  afterEach(() => proxy.inject());
  afterAll(async () => {
    for (const stores of opened) await stores.close();
    await proxy.stop();
    await server.stop();
  });

  const newObject = async (data: Buffer): Promise<string> => {
    const key = randomUUID();
    await direct.write(key, data);
    return key;
  };
  const stream = (data: Buffer): Readable =>
    Readable.from(
      (function* () {
        for (let start = 0; start < data.length; start += MIB) yield data.subarray(start, start + MIB);
      })(),
      { objectMode: false },
    );

  describe('in the middle of a read', () => {
    it.each(['close', 'reset', 'stall'] as const)('goes on after every %s of the connection', async (how) => {
      const data = randomBytes(6 * MIB);
      const key = await newObject(data);
      proxy.inject({ request: /^GET/, after: { answerBytes: 2 * MIB }, how, times: 2 });
      expect((await readAll(store, key)).equals(data)).toBe(true);
      expect(proxy.hits).toBe(2);
    });

    it('goes on within the range that was asked for', async () => {
      const data = randomBytes(6 * MIB);
      const key = await newObject(data);
      proxy.inject({ request: /^GET/, after: { answerBytes: MIB }, how: 'reset', times: 3 });
      const range = { start: 12_345, end: 5_000_000 };
      expect((await readAll(store, key, range)).equals(data.subarray(range.start, range.end + 1))).toBe(true);
      expect(proxy.hits).toBe(3);
    });

    it('does not go on with another version', async () => {
      const key = await newObject(Buffer.alloc(6 * MIB, 'a'));
      const before = async (): Promise<void> => void (await direct.write(key, Buffer.alloc(6 * MIB, 'b')));
      proxy.inject({ request: /^GET/, after: { answerBytes: MIB }, how: 'close', times: 1, before });
      await expect(readAll(store, key)).rejects.toMatchObject({ code: 'blob-changed' });
    });

    it('says that the object changed when it was deleted', async () => {
      const key = await newObject(Buffer.alloc(6 * MIB));
      proxy.inject({
        request: /^GET/,
        after: { answerBytes: MIB },
        how: 'close',
        times: 1,
        before: () => direct.delete(key),
      });
      await expect(readAll(store, key)).rejects.toMatchObject({ code: 'blob-changed' });
    });

    it('gives up when every connection brings next to nothing, and says that it can be tried later', async () => {
      const key = await newObject(Buffer.alloc(6 * MIB));
      proxy.inject(
        { request: /^GET/, after: { answerBytes: MIB }, how: 'reset', times: 1 },
        // The head of the answer passes, and a few bytes of the body.
        { request: /^GET/, after: { answerBytes: 1000 }, how: 'reset', times: ALWAYS },
      );
      await expect(readAll(store, key)).rejects.toMatchObject({ code: 'storage-unavailable', retry: 'later' });
    });

    it('a reader that pauses for longer than the idle time loses the connection, not the data', async () => {
      const data = randomBytes(12 * MIB);
      const key = await newObject(data);
      const { body } = await store.read(key);
      const chunks: Buffer[] = [];
      const reading = body[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
      const first = await reading.next();
      await eventually(() => proxy.connections === 0, { what: 'the idle connection to be closed' });
      for (let next = first; next.done !== true; next = await reading.next()) chunks.push(next.value);
      expect(Buffer.concat(chunks).equals(data)).toBe(true);
    });
  });

  describe('before an answer', () => {
    it('a store that says nothing is unavailable, within the request timeout of every try', async () => {
      const key = await newObject(Buffer.from('x'));
      proxy.inject({ request: /^(GET|HEAD)/, after: { requestBytes: 0 }, how: 'stall', times: ALWAYS });
      const started = performance.now();
      await expect(store.read(key)).rejects.toMatchObject({ code: 'storage-unavailable' });
      expect(performance.now() - started).toBeLessThan(3 * TIMEOUTS.requestMs + 2000);
      expect(proxy.hits).toBe(3);
    });

    it('one lost request is simply repeated', async () => {
      const key = await newObject(Buffer.from('x'));
      proxy.inject({ request: /^GET/, after: { requestBytes: 0 }, how: 'reset', times: 1 });
      expect((await readAll(store, key)).toString()).toBe('x');
    });

    it('an abort does not wait for the store', async () => {
      const key = await newObject(Buffer.from('x'));
      proxy.inject({ request: /^GET/, after: { requestBytes: 0 }, how: 'stall', times: ALWAYS });
      const abort = new AbortController();
      const reading = store.read(key, { signal: abort.signal });
      await eventually(() => proxy.hits > 0);
      abort.abort();
      await expect(reading).rejects.toMatchObject({ code: 'canceled' });
    });

    it('nobody at the address means unavailable, and not healthy', async () => {
      const nobody = open({ endpoint: `http://127.0.0.1:${await freePort()}` });
      await expect(nobody.head('x')).rejects.toMatchObject({ code: 'storage-unavailable', retry: 'later' });
      await expect(nobody.write('x', Buffer.from('x'))).rejects.toMatchObject({ code: 'storage-unavailable' });
      expect(await nobody.healthy()).toBe(false);
    });
  });

  describe('while writing', () => {
    it.each([
      ['in one request', 5 * MIB, false],
      ['in parts', 20 * MIB, false],
      ['from disk, when conditional', 20 * MIB, true],
    ])('resets of a write %s end it with a typed error, and leave nothing', async (_how, bytes, ifAbsent) => {
      const key = randomUUID();
      proxy.inject({ request: /^PUT/, after: { requestBytes: 300_000 }, how: 'reset', times: ALWAYS });
      const writing = store.write(key, stream(Buffer.alloc(bytes)), { ifAbsent });
      await expect(writing).rejects.toMatchObject({ code: 'storage-unavailable' });
      expect(proxy.hits).toBeGreaterThan(0);
      await expect(direct.head(key)).rejects.toMatchObject({ code: 'blob-missing' });
      expect(await partsLeft(key)).toEqual([]);
    });

    it('parts that are lost once are sent again', async () => {
      const key = randomUUID();
      const data = randomBytes(20 * MIB);
      proxy.inject({ request: /^PUT/, after: { requestBytes: 300_000 }, how: 'reset', times: 2 });
      await store.write(key, stream(data));
      expect(proxy.hits).toBe(2);
      expect((await readAll(direct, key)).equals(data)).toBe(true);
    });

    it('a body that fails leaves no parts behind', async () => {
      const key = randomUUID();
      const failing = Readable.from(
        (async function* () {
          yield* stream(Buffer.alloc(20 * MIB));
          throw new Error('the sender is gone');
        })(),
      );
      await expect(store.write(key, failing)).rejects.toThrow('the sender is gone');
      expect(await partsLeft(key)).toEqual([]);
    });

    it.each([
      ['in one request', 5 * MIB, false],
      ['in parts', 20 * MIB, false],
      ['from disk, when conditional', 20 * MIB, true],
    ])('a store that refuses a write %s and hangs up in its middle does no harm', async (_how, bytes, ifAbsent) => {
      proxy.inject({ request: /^PUT/, after: { requestBytes: 300_000 }, how: 'refuse', times: ALWAYS });
      const writing = store.write(randomUUID(), stream(Buffer.alloc(bytes)), { ifAbsent });
      await expect(writing).rejects.toMatchObject({ code: 'storage-unavailable' });
      proxy.inject();
      expect(await store.healthy()).toBe(true);
    });

    it('an abort cuts parts that the store does not take, and they are deleted', async () => {
      const key = randomUUID();
      const patient = open({ endpoint: proxy.url, timeouts: { requestMs: 60_000, idleMs: 60_000 } });
      proxy.inject({ request: /^PUT/, after: { requestBytes: 300_000 }, how: 'stall', times: ALWAYS });
      const abort = new AbortController();
      const writing = patient.write(key, stream(Buffer.alloc(20 * MIB)), { signal: abort.signal });
      await eventually(() => proxy.hits > 0, { what: 'a part to be under way' });
      abort.abort();
      await expect(writing).rejects.toMatchObject({ code: 'canceled' });
      await eventually(async () => (await partsLeft(key)).length === 0, {
        what: 'the parts to be deleted',
        timeoutMs: 10_000,
      });
    });

    it.each([
      ['in one request', 100, true],
      ['in parts', 9 * MIB, false],
    ])('a write %s whose answer was lost is known as done, not as lost to another', async (_how, bytes, ifAbsent) => {
      const key = randomUUID();
      const data = randomBytes(bytes);
      // The last request arrives; its answer does not.
      proxy.inject({
        request: ifAbsent ? /^PUT/ : /^POST.*uploadId/,
        after: { answerBytes: 0 },
        how: 'reset',
        times: 1,
      });
      const written = await store.write(key, stream(data), { ifAbsent });
      expect(proxy.hits).toBe(1);
      expect(await direct.head(key)).toMatchObject({ bytes, etag: written.etag });
      await expect(store.write(key, stream(data), { ifAbsent: true })).rejects.toMatchObject({ code: 'blob-exists' });
    });
  });

  describe('and when it refuses', () => {
    it('wrong keys are denied', async () => {
      const stranger = open({ secretAccessKey: 'wrong' });
      await expect(stranger.head('x')).rejects.toMatchObject({ code: 'storage-denied' });
      await expect(stranger.list()).rejects.toMatchObject({ code: 'storage-credentials' });
      await expect(stranger.write('x', Buffer.from('x'))).rejects.toMatchObject({ code: 'storage-credentials' });
      expect(await stranger.healthy()).toBe(false);
    });

    it('a bucket that does not exist is missing', async () => {
      const nowhere = open({ bucket: 'not-made-yet' });
      await expect(nowhere.read('x')).rejects.toMatchObject({ code: 'bucket-missing' });
      await expect(nowhere.write('x', Buffer.from('x'))).rejects.toMatchObject({ code: 'bucket-missing' });
      expect(await nowhere.healthy()).toBe(false);
      await server.createBucket('not-made-yet');
      await server.createBucket('not-made-yet');
      expect(await nowhere.healthy()).toBe(true);
    });
  });

  async function partsLeft(key: string): Promise<string[]> {
    const client = new S3Client({ ...clientOf(server), forcePathStyle: true });
    try {
      const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket: 'faults' }));
      return Uploads.flatMap((upload) => (upload.Key === key ? [upload.UploadId ?? ''] : []));
    } finally {
      client.destroy();
    }
  }
});

const clientOf = ({ endpoint, region, accessKeyId, secretAccessKey }: TestRadosgw) => ({
  endpoint,
  region,
  credentials: { accessKeyId, secretAccessKey },
});
