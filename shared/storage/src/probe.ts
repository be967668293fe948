import { randomUUID } from 'node:crypto';
import { isProblem, Problem } from '@parse3d/contract/problems';
import type { BlobStore } from './blob-store.js';
import { readAll } from './transfer.js';

/** Where probes write; every one removes what it wrote. */
export const PROBE_PREFIX = 'probes/';

/** What a store did with writers that asked for a key to be free (`If-None-Match: *`). */
export interface ConditionalWrites {
  /** True when of the writers of every key exactly one won, and the key holds what that one wrote. */
  readonly honoured: boolean;
  /** What was seen, for people. */
  readonly detail: string;
}

/** Writers that meet at one key. */
const WRITERS = 4;
/** Keys at which they meet: one race can end well by luck. */
const RACES = 3;

/**
 * Asks a store whether it honours conditional writes, by writing: a second writer who comes later, and several at the
 * same moment. Every commit of parse3d rests on it.
 *
 * @throws Problem when the store cannot be asked: `storage-unavailable`, `storage-denied`, `blob-missing` (no bucket)
 */
export async function probeConditionalWrites(store: BlobStore): Promise<ConditionalWrites> {
  const later = await race(store, async (write) => [await write('first'), await write('second')]);
  if (later !== undefined) return { honoured: false, detail: `of two writers, one after the other, ${later}` };
  for (let round = 0; round < RACES; round++) {
    const names = Array.from({ length: WRITERS }, (_, index) => `writer-${index}`);
    const fault = await race(store, (write) => Promise.all(names.map(write)));
    if (fault !== undefined) {
      return { honoured: false, detail: `of ${WRITERS} writers at the same moment, ${fault}` };
    }
  }
  return { honoured: true, detail: `of ${WRITERS} writers at the same moment exactly one won, ${RACES} times` };
}

/**
 * @throws Problem `storage-unsafe` when the store does not honour conditional writes, and those of
 *   `probeConditionalWrites`
 */
export async function requireConditionalWrites(store: BlobStore): Promise<void> {
  const { honoured, detail } = await probeConditionalWrites(store);
  if (honoured) return;
  throw new Problem(
    'storage-unsafe',
    `the store of bucket ${store.bucket} does not honour "If-None-Match: *": ${detail}; two attempts of one job could ` +
      'both commit. Use a store that honours it (AWS, Ceph, MinIO of the last years), or accept the risk with ' +
      'PARSE3D_CHECK_STORAGE=false',
    { bucket: store.bucket },
  );
}

/** A write of one text: true when it won, false when the key was taken, `unsupported` when the store knows no condition. */
type Write = (text: string) => Promise<Outcome>;
type Outcome = { readonly text: string; readonly won: boolean | 'unsupported' };

/** Lets writers meet at a fresh key. Returns what went wrong, or undefined. */
async function race(store: BlobStore, run: (write: Write) => Promise<Outcome[]>): Promise<string | undefined> {
  const key = `${PROBE_PREFIX}${randomUUID()}`;
  try {
    const outcomes = await run((text) => writeIfAbsent(store, key, text));
    if (outcomes.some(({ won }) => won === 'unsupported')) return 'one was told that conditions are not implemented';
    const winners = outcomes.filter(({ won }) => won === true).map(({ text }) => text);
    if (winners.length !== 1) return `${winners.length} were told that they won`;
    const stored = (await readAll(store, key)).toString();
    return stored === winners[0] ? undefined : `"${winners[0]}" was told that it won, and "${stored}" is stored`;
  } finally {
    await store.delete(key).catch(() => undefined);
  }
}

async function writeIfAbsent(store: BlobStore, key: string, text: string): Promise<Outcome> {
  try {
    await store.write(key, Buffer.from(text), { ifAbsent: true, contentType: 'text/plain' });
    return { text, won: true };
  } catch (error) {
    if (isProblem(error, 'blob-exists', 'blob-changed')) return { text, won: false };
    if (isProblem(error) && (error.fields['s3Status'] === 501 || error.fields['s3Error'] === 'NotImplemented')) {
      return { text, won: 'unsupported' };
    }
    throw error;
  }
}

/** What one object's way through a store showed. */
export interface RoundTrip {
  /** For write, read and delete together, in ms. */
  readonly tookMs: number;
  /** The store's clock ahead of this machine's, in ms; 0 within the second that stores tell times in. */
  readonly clockSkewMs: number;
}

/** Stores tell times in whole seconds. */
const CLOCK_GRAIN_MS = 1_000;

/**
 * Writes, reads and deletes a small object.
 * @throws Problem as `BlobStore`'s methods, `output-mismatch` when other bytes come back
 */
export async function probeRoundTrip(store: BlobStore): Promise<RoundTrip> {
  const key = `${PROBE_PREFIX}${randomUUID()}`;
  const sent = Buffer.from(randomUUID());
  const before = Date.now();
  await store.write(key, sent, { contentType: 'text/plain' });
  const after = Date.now();
  try {
    const { lastModified } = await store.head(key);
    const received = await readAll(store, key);
    if (!received.equals(sent)) {
      throw new Problem('output-mismatch', `the store gave other bytes back than were written to ${key}`, { key });
    }
    return { tookMs: Date.now() - before, clockSkewMs: skew(lastModified.getTime(), before, after) };
  } finally {
    await store.delete(key);
  }
}

/** 0 when the store's time can lie between the two of ours, else how far it lies outside. */
function skew(stored: number, before: number, after: number): number {
  if (stored > after + CLOCK_GRAIN_MS) return stored - after;
  return stored < before - CLOCK_GRAIN_MS ? stored - before : 0;
}
