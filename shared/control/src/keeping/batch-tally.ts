import { blobKeys, isTombstone, parseBlobKeys, type StoredBatch, type Tombstone } from '@parse3d/contract';
import { isProblem } from '@parse3d/contract/problems';
import { listAll } from '@parse3d/storage';
import type { Walk } from './context.js';

/** A batch in storage. */
export interface CountedBatch {
  readonly batchId: string;
  readonly tenant: string;
  /** Of items, reports and derivatives. */
  readonly bytes: number;
  /** When it ended, in ms of Unix time; undefined while it has work left, and of one that was removed. */
  readonly endedMs: number | undefined;
  /** Of one that was removed and of which more than that is left. */
  readonly unfinished: Tombstone | undefined;
}

/** Every batch in storage, with the uploads that its items name. */
export async function* walkBatches(walk: Walk): AsyncGenerator<CountedBatch> {
  const { ledger, signal } = walk;
  const open = new Set<string>();
  for await (const batchId of ledger.batches.listOpen(signal)) open.add(batchId);
  let current: { batchId: string; bytes: number; endedMs: number | undefined } | undefined;
  for await (const { key, bytes, lastModified } of listAll(ledger.store, blobKeys.batchesPrefix, signal)) {
    const found = parseBlobKeys.batch(key);
    if (found === undefined) continue;
    if (current?.batchId !== found.batchId) {
      if (current !== undefined) yield* countBatch(current, open, walk);
      current = { batchId: found.batchId, bytes: 0, endedMs: undefined };
    }
    if (key === blobKeys.batch(found.batchId)) continue;
    current.bytes += bytes;
    if (key === blobKeys.batchFinished(found.batchId)) current.endedMs = lastModified.getTime();
  }
  if (current !== undefined) yield* countBatch(current, open, walk);
}

async function* countBatch(
  { batchId, bytes, endedMs }: { batchId: string; bytes: number; endedMs: number | undefined },
  open: ReadonlySet<string>,
  walk: Walk,
): AsyncGenerator<CountedBatch> {
  const stored = await readBatch(batchId, walk);
  // Its items are being written: whoever accepts it looks at the marks of uploads then.
  if (stored === undefined) return;
  if (isTombstone(stored)) {
    const unfinished = bytes > 0 || open.has(batchId) ? stored : undefined;
    yield { batchId, tenant: stored.tenant, bytes, endedMs: undefined, unfinished };
    return;
  }
  await nameUploads(batchId, stored.total, walk);
  yield {
    batchId,
    tenant: stored.tenant,
    bytes,
    endedMs: open.has(batchId) ? undefined : endedMs,
    unfinished: undefined,
  };
}

async function readBatch(batchId: string, { ledger, onUnreadable }: Walk): Promise<StoredBatch | undefined> {
  try {
    return await ledger.batches.stored(batchId);
  } catch (error) {
    if (!isProblem(error, 'record-invalid')) throw error;
    onUnreadable(blobKeys.batch(batchId), error);
    return undefined;
  }
}

async function nameUploads(batchId: string, total: number, { ledger, candidates, onUnreadable }: Walk): Promise<void> {
  if (candidates.size === 0) return;
  try {
    for await (const uri of ledger.batches.uris(batchId, total)) candidates.named(uri);
  } catch (error) {
    if (!isProblem(error, 'record-invalid')) throw error;
    onUnreadable(blobKeys.batchItems(batchId, 0), error);
  }
}
