import { each } from '@parse3d/async';
import {
  blobKeys,
  ITEMS_PER_CHUNK,
  newBatchId,
  specOf,
  type BatchItem,
  type BatchRecord,
  type RuleRecord,
} from '@parse3d/contract';
import type { ApiDeps } from '../../deps.js';
import { watched } from '../match.js';
import { chooseFor } from '../rules.js';
import { carryOut, enterBatch, newestBatch } from './ledger.js';
import { isTaken, markOf, readWaiting } from './waiting.js';

/** Requests to the store at a time. */
const AT_ONCE = 16;

/**
 * Makes batches of everything that waits for the rule, one chunk of items each.
 *
 * @throws Problem `quota-exceeded` and the like: what is left goes on waiting
 */
export async function closeCollectWindow(rule: RuleRecord, deps: ApiDeps, signal: AbortSignal): Promise<void> {
  const { primary } = deps.stores;
  let startAfter: string | undefined;
  do {
    if (signal.aborted) return;
    const newest = await newestBatch(rule.id, primary);
    if (newest !== undefined && !newest.carriedOut) await carryOut(rule, newest, deps);
    const { items, next } = await nextItems(rule, startAfter, deps);
    if (items.length > 0) {
      await deps.control.admission.admitBatch(rule.tenant);
      const number = (newest?.number ?? 0) + 1;
      const batch = await writeBatch(rule, items, deps);
      if (!(await enterBatch(rule.id, number, batch, primary))) {
        // Another process was first: what it took is marked by the time that its batch is carried out.
        await deps.control.batches.dropItems(batch.batchId, batch.total);
        continue;
      }
      await carryOut(rule, { number, batch, carriedOut: false }, deps);
      const { batchId, total } = batch;
      deps.log.info({ batchId, tenant: rule.tenant, ruleId: rule.id, total }, 'batch started by a rule');
    }
    startAfter = next;
  } while (startAfter !== undefined);
}

/** What waits beyond a key, at most a chunk of items, without what a batch has already. */
async function nextItems(
  rule: RuleRecord,
  startAfter: string | undefined,
  deps: ApiDeps,
): Promise<{ items: BatchItem[]; next: string | undefined }> {
  const { primary } = deps.stores;
  const prefix = blobKeys.ruleWaitingPrefix(rule.tenant, rule.id);
  const { blobs, next } = await primary.list({ prefix, startAfter, limit: ITEMS_PER_CHUNK });
  const items: BatchItem[] = [];
  await each(blobs, AT_ONCE, async ({ key }) => {
    const item = await readWaiting(key, deps);
    if (item === undefined) return;
    if (await isTaken(rule, item, deps)) await primary.delete(key);
    else items.push(item);
  });
  // The order of names, for people; waiting files lie in no order.
  items.sort((a, b) => (a.uri < b.uri ? -1 : a.uri > b.uri ? 1 : markOf(a) < markOf(b) ? -1 : 1));
  return { items, next };
}

/** The items in storage, and the record that makes a batch of them once it is entered. */
async function writeBatch(rule: RuleRecord, items: readonly BatchItem[], deps: ApiDeps): Promise<BatchRecord> {
  const batchId = newBatchId();
  const size = await deps.control.batches.writeItems(batchId, items);
  return {
    batchId,
    tenant: rule.tenant,
    ...(rule.name === undefined ? {} : { name: rule.name }),
    createdAt: new Date().toISOString(),
    ...size,
    ...specOf({ ...rule.job, ...chooseFor(rule, deps) }),
    skipCompleted: true,
    source: { kind: 'rule', uri: watched(rule) },
    ...(rule.keyId === undefined ? {} : { keyId: rule.keyId }),
  };
}
