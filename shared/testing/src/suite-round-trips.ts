import { randomBytes } from 'node:crypto';
import { expect, it } from 'vitest';
import { copyToFile, readAll, readJson, sha256Of, writeFileTo, writeJson } from '@parse3d/storage';
import { scratchFolder } from './scratch.js';
import { collect, MIB, sha256, slices, type SuiteBench } from './suite-support.js';

/** What is written comes back. */
export function roundTripCases(bench: SuiteBench): void {
  const { newKey, put, get } = bench;

  it.each([
    ['nothing', 0],
    ['one byte', 1],
    ['21 MiB, which goes in parts,', 21 * MIB + 17],
    ['exactly one part', 8 * MIB],
    ['exactly two parts', 16 * MIB],
  ])('%s comes back as it was written', async (_what, size) => {
    const key = newKey('data.nii.gz');
    const data = randomBytes(size);
    const written = await bench.store.write(key, slices(data, 300_001));
    expect(written).toMatchObject({ key, bytes: size, contentType: 'application/gzip' });
    const { info, body } = await bench.store.read(key);
    expect(sha256(await collect(body))).toBe(sha256(data));
    expect(info).toEqual(await bench.store.head(key));
    expect(info).toMatchObject({ key, bytes: size, etag: written.etag });
    expect(Math.abs(info.lastModified.getTime() - Date.now())).toBeLessThan(60_000);
  });

  it('a body in memory is written as a stream is', async () => {
    const key = newKey();
    const data = randomBytes(9 * MIB);
    // A view into a larger buffer: only its own bytes count.
    expect((await bench.store.write(key, data.subarray(5))).bytes).toBe(data.length - 5);
    expect((await readAll(bench.store, key)).equals(data.subarray(5))).toBe(true);
  });

  it.each(['Gehirn/größe 1.nii', '脳/断層', '𝒳/🧠', "a b+c%2F&=?#[]@!$'()*,;:~", 'e\u0301 is not \u00e9'])(
    'the key %j is kept as it is',
    async (end) => {
      const key = newKey(end);
      await put(key, end);
      expect(await get(key)).toBe(end);
      const prefix = key.slice(0, key.indexOf('/') + 1);
      expect((await bench.store.list({ prefix })).blobs.map((blob) => blob.key)).toEqual([key]);
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
      await writeJson(bench.store, json, { name: 'Lunge', volumes: [1, 2.5] });
      expect(await readJson(bench.store, json)).toEqual({ name: 'Lunge', volumes: [1, 2.5] });

      let seen = 0;
      const down = await copyToFile(bench.store, json, `${folder.path}/a`, { onBytes: (bytes) => (seen = bytes) });
      const up = await writeFileTo(bench.store, copy, `${folder.path}/a`);
      expect(seen).toBe(down.bytes);
      expect(up.sha256).toBe(down.sha256);
      expect(await sha256Of(bench.store, copy)).toMatchObject({ bytes: down.bytes, sha256: down.sha256 });
    } finally {
      await folder.remove();
    }
  });
}
