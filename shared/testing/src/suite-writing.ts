import { Readable } from 'node:stream';
import { expect, it } from 'vitest';
import { readAll } from '@parse3d/storage';
import { eventually } from './eventually.js';
import { fails, hanging, MIB, slices, zeros, type SuiteBench } from './suite-support.js';

/** One writer wins, and a write that fails leaves nothing. */
export function writingCases(bench: SuiteBench): void {
  const { newKey, put } = bench;

  it.each([
    ['small', 100],
    ['large', 9 * MIB],
  ])('of eight %s conditional creates at once exactly one wins', async (_size, bytes) => {
    const key = newKey();
    const bodies = Array.from({ length: 8 }, (_, index) => Buffer.alloc(bytes, `${index}`));
    const outcomes = await Promise.allSettled(
      bodies.map((body) => bench.store.write(key, slices(body, MIB), { ifAbsent: true })),
    );
    const winners = outcomes.flatMap((outcome, index) => (outcome.status === 'fulfilled' ? [index] : []));
    expect(winners).toHaveLength(1);
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ code: 'blob-exists' });
    }
    const winner = bodies[winners[0] ?? -1];
    expect((await readAll(bench.store, key)).equals(winner ?? Buffer.alloc(0))).toBe(true);
  });

  it('a conditional create leaves what is there', async () => {
    const key = newKey();
    const first = await put(key, 'first');
    await fails(bench.store.write(key, Buffer.from('second'), { ifAbsent: true }), 'blob-exists');
    await fails(bench.store.write(key, zeros(9 * MIB), { ifAbsent: true }), 'blob-exists');
    await fails(bench.store.write(key, Buffer.alloc(9 * MIB), { ifAbsent: true }), 'blob-exists');
    expect((await bench.store.head(key)).etag).toBe(first.etag);
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
    await expect(bench.store.write(key, failing, { ifAbsent })).rejects.toThrow('the sender is gone');
    await fails(bench.store.head(key), 'blob-missing');
  });

  it('a body that is cut off without an error leaves nothing', async () => {
    const key = newKey();
    const body = new Readable({ read: () => undefined });
    body.push('some bytes');
    const writing = bench.store.write(key, body);
    await eventually(() => body.readableLength === 0 && body.readableDidRead, { what: 'the write to take bytes' });
    body.destroy();
    await expect(writing).rejects.toThrow();
    await fails(bench.store.head(key), 'blob-missing');
  });

  it.each([
    ['small', 10],
    ['large', 17 * MIB],
  ])('a %s body beyond maxBytes is refused and leaves nothing', async (_size, maxBytes) => {
    const key = newKey();
    expect((await bench.store.write(key, zeros(maxBytes), { maxBytes })).bytes).toBe(maxBytes);
    await bench.store.delete(key);
    const body = zeros(maxBytes + 1);
    await fails(bench.store.write(key, body, { maxBytes }), 'payload-too-large');
    await fails(bench.store.write(key, zeros(maxBytes + 1), { maxBytes, ifAbsent: true }), 'payload-too-large');
    await fails(bench.store.head(key), 'blob-missing');
    expect(body.destroyed).toBe(true);
  });

  it.each([
    ['its first bytes', 1000],
    ['several parts', 20 * MIB],
  ])('an abort after %s ends a write whose sender hangs, and leaves nothing', async (_when, bytes) => {
    const key = newKey();
    const abort = new AbortController();
    const { body, drained } = hanging(bytes);
    const writing = bench.store.write(key, body, { signal: abort.signal });
    await drained;
    abort.abort();
    await fails(writing, 'canceled');
    expect(body.destroyed).toBe(true);
    await fails(bench.store.head(key), 'blob-missing');
    await fails(bench.store.write(key, zeros(1), { signal: AbortSignal.abort() }), 'canceled');
  });
}
