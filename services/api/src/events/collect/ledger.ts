import { each } from '@parse3d/async';
import { BatchRecord, blobKeys, parseBlobKeys, type RuleRecord } from '@parse3d/contract';
import { isProblem } from '@parse3d/contract/problems';
import { readRecord, writeJson, type BlobStore } from '@parse3d/storage';
import { z } from 'zod';
import type { ApiDeps } from '../../deps.js';
import { markOf } from './waiting.js';

// A rule's batches are numbered, and each number is given by a conditional write: of two processes that both believe to
// lead, one makes the next batch and the other carries that one out too, which does no harm. A number is given only
// after the one before was carried out, so that no object is in two batches.

const Entry = z.object({ batch: BatchRecord, carriedOut: z.boolean() });

/** The rule's newest batch, and whether everything about it was done. */
export interface LedgerEntry {
  readonly number: number;
  readonly batch: BatchRecord;
  readonly carriedOut: boolean;
}

/** Requests to the store at a time. */
const AT_ONCE = 16;

/** The newest batch of the rule, or undefined before the first. */
export async function newestBatch(ruleId: string, store: BlobStore): Promise<LedgerEntry | undefined> {
  const page = await store.list({ prefix: blobKeys.ruleBatchesPrefix(ruleId), limit: 1 });
  const key = page.blobs[0]?.key;
  const number = key === undefined ? undefined : parseBlobKeys.ruleBatch(key);
  const entry = key === undefined ? undefined : await readRecord(store, key, Entry);
  return number === undefined || entry === undefined ? undefined : { number, ...entry };
}

/** Makes this the rule's batch of that number. False when another process was first. */
export async function enterBatch(
  ruleId: string,
  number: number,
  batch: BatchRecord,
  store: BlobStore,
): Promise<boolean> {
  try {
    await writeJson(store, blobKeys.ruleBatch(ruleId, number), { batch, carriedOut: false }, { ifAbsent: true });
    return true;
  } catch (error) {
    if (!isProblem(error, 'blob-exists')) throw error;
    return false;
  }
}

/** Starts the batch, notes its objects as taken, and lets them wait no longer. Can be repeated at any point. */
export async function carryOut(rule: RuleRecord, { number, batch }: LedgerEntry, deps: ApiDeps): Promise<void> {
  const { primary } = deps.stores;
  const { batches } = deps.control;
  await batches.create(batch);
  const items = await batches.acceptedItems(batch, 0, batch.total);
  await each(items, AT_ONCE, async (item) => {
    const mark = markOf(item);
    await writeJson(primary, blobKeys.ruleTaken(rule.id, mark), { batchId: batch.batchId });
    await primary.delete(blobKeys.ruleWaiting(rule.tenant, rule.id, mark));
  });
  await writeJson(primary, blobKeys.ruleBatch(rule.id, number), { batch, carriedOut: true });
}
