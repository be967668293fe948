import { createHash } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ApiKeyRecord } from '@parse3d/platform/access';
import {
  batchIdFromKey,
  batchSpecOf,
  newBatchId,
  type BatchItem,
  type BatchRecord,
  type BatchSize,
  type BatchSource,
  type Pack,
  type Prompt,
  type SubmitBatch,
  tellLeftOut,
  viewLeftOut,
} from '@parse3d/contract';
import { purgedProblem } from '@parse3d/control';
import { matchPrompts } from '@parse3d/contract/packs';
import { isProblem, Problem } from '@parse3d/contract/problems';
import type { ApiDeps } from '../deps.js';
import { mayRead, mayReadAll } from '../jobs/preflight.js';
import { choosePack } from '../jobs/submit.js';
import { estimate } from './estimate.js';
import { withFrames } from './frames.js';
import { LeftOutCounts, sourceItems, type SourceItem } from './sources.js';

/**
 * Accepts a batch: its items go to storage in chunks, then `Batches.create` makes it exist. Whatever fails before leaves
 * nothing that counts.
 *
 * With an idempotency key the batch's id is made from it, so that a repeated request finds the batch.
 *
 * @throws Problem for everything wrong with the request or a line of its manifest, `queue-unavailable` without Redis,
 * `idempotency-conflict` when the key came with another body before
 */
export function submitBatch(
  body: SubmitBatch,
  caller: ApiKeyRecord,
  idempotencyKey: string | undefined,
  deps: ApiDeps,
): Promise<BatchRecord> {
  return deps.tracing.span('accept batch', { attributes: { 'parse3d.tenant': caller.tenant } }, async (span) => {
    const batch = await acceptBatch(body, caller, idempotencyKey, span.traceparent, deps);
    span.annotate({ 'parse3d.batchId': batch.batchId, 'parse3d.pack': batch.pack.id, 'parse3d.items': batch.total });
    return batch;
  });
}

async function acceptBatch(
  body: SubmitBatch,
  caller: ApiKeyRecord,
  idempotencyKey: string | undefined,
  traceparent: string | undefined,
  deps: ApiDeps,
): Promise<BatchRecord> {
  const { batches, admission } = deps.control;
  const requestSha256 = createHash('sha256').update(JSON.stringify(body)).digest('hex');
  const batchId = idempotencyKey === undefined ? newBatchId() : batchIdFromKey(caller.tenant, idempotencyKey);
  if (idempotencyKey !== undefined) {
    const earlier = await batches.record(batchId);
    if (earlier !== undefined) return repeated(earlier, requestSha256, deps);
    const tombstone = await batches.tombstone(batchId);
    if (tombstone !== undefined) throw purgedProblem(tombstone);
  }
  await admission.admitBatch(caller.tenant);
  const { pack, choice } = choose(body, deps);
  const leftOut = new LeftOutCounts();
  const size = await batches.writeItems(batchId, checkedItems(body, pack, caller, deps, leftOut));
  if (size.total === 0) {
    const told = ['the source has no volume that matches', ...leftOut.list().map(tellLeftOut)];
    throw new Problem('request-invalid', told.join('; '), { leftOut: leftOut.list() });
  }
  const batch: BatchRecord = {
    batchId,
    tenant: caller.tenant,
    ...(body.name === undefined ? {} : { name: body.name }),
    createdAt: new Date().toISOString(),
    ...size,
    ...batchSpecOf({ ...body, ...choice }),
    ...(body.errorThreshold === undefined ? {} : { errorThreshold: body.errorThreshold }),
    skipCompleted: body.skipCompleted,
    source: { kind: body.source.kind, ...('uri' in body.source ? { uri: body.source.uri } : {}) },
    ...(leftOut.list().length === 0 ? {} : { leftOut: leftOut.list() }),
    ...(idempotencyKey === undefined ? {} : { requestSha256 }),
    keyId: caller.id,
    ...(traceparent === undefined ? {} : { traceparent }),
  };
  try {
    await batches.create(batch);
  } catch (error) {
    // One of its uploads is being removed: nothing of it is to stay.
    if (isProblem(error, 'volume-missing')) await batches.dropItems(batchId, size.total);
    throw error;
  }
  return batch;
}

/**
 * The earlier request may have been cut off after the record, or Redis lost it since: unless the batch has ended it is
 * entered once more, as far as it had come.
 */
async function repeated(earlier: BatchRecord, requestSha256: string, deps: ApiDeps): Promise<BatchRecord> {
  const { batchId } = earlier;
  if (earlier.requestSha256 !== requestSha256) {
    throw new Problem('idempotency-conflict', 'the Idempotency-Key belongs to an earlier request with another body', {
      batchId,
    });
  }
  await deps.control.batches.reenter(earlier);
  return earlier;
}

/** Counts what `submitBatch` would accept, and checks every item on the way. */
export async function measureBatch(body: SubmitBatch, caller: ApiKeyRecord, deps: ApiDeps): Promise<BatchSize> {
  const { pack } = choose(body, deps);
  let total = 0;
  let bytes = 0;
  const leftOut = new LeftOutCounts();
  for await (const item of checkedItems(body, pack, caller, deps, leftOut)) {
    total++;
    bytes += item.bytes;
  }
  const time = await estimate({ total, bytes }, pack, deps);
  return { total, bytes, ...viewLeftOut(leftOut.list()), ...(time === undefined ? {} : { estimate: time }) };
}

function choose(body: SubmitBatch, deps: ApiDeps) {
  const pack = deps.packs.get(body.pack ?? deps.config.PARSE3D_DEFAULT_PACK);
  if (body.prompts !== undefined) matchPrompts(pack, body.prompts);
  return { pack, choice: choosePack(body, pack) };
}

/** Items checked between two turns of the event loop. */
const ITEMS_PER_TURN = 100;

function checkedItems(
  body: SubmitBatch,
  pack: Pack,
  caller: ApiKeyRecord,
  deps: ApiDeps,
  leftOut: LeftOutCounts,
): AsyncGenerator<BatchItem> {
  const items = itemsOf(body, pack, caller, deps, leftOut);
  return body.frames === undefined ? items : withFrames(items, deps);
}

async function* itemsOf(
  body: SubmitBatch,
  pack: Pack,
  caller: ApiKeyRecord,
  deps: ApiDeps,
  leftOut: LeftOutCounts,
): AsyncGenerator<BatchItem> {
  checkSource(body.source, caller, deps);
  // Items mostly share a few lists of prompts; each list is matched once, and lets other requests go first.
  const matched = new Set<string>();
  let checked = 0;
  for await (const item of sourceItems(body.source, deps.stores, leftOut)) {
    if (!mayRead(caller, item.uri, deps.stores.primary)) {
      throw new Problem('input-not-allowed', `this API key may not read ${item.uri}`, { uri: item.uri });
    }
    // Lines of one buffer come without waiting; other requests are not to wait for them.
    if (checkPrompts(item, body.prompts, pack, matched) || ++checked % ITEMS_PER_TURN === 0) await nextTurn();
    const { uri, etag, bytes, prompts } = item;
    yield { uri, etag, bytes, ...(prompts === undefined ? {} : { prompts }) };
  }
}

/** Before anything of it is read or listed: what a refusal quotes must be no name or line that the key may not see. */
function checkSource(source: BatchSource, caller: ApiKeyRecord, { stores }: ApiDeps): void {
  if (source.kind === 'items') return;
  const { kind, uri } = source;
  const allowed = kind === 'manifest' ? mayRead(caller, uri, stores.primary) : mayReadAll(caller, uri, stores.primary);
  if (!allowed) throw new Problem('input-not-allowed', `this API key may not read ${uri}`, { uri });
}

/** True when the item's own prompts had to be matched. */
function checkPrompts(item: SourceItem, common: Prompt[] | undefined, pack: Pack, matched: Set<string>): boolean {
  const prompts = item.prompts ?? common;
  if (prompts === undefined) {
    throw new Problem('request-invalid', `${item.uri} has no prompts, and the batch has none either`, {
      uri: item.uri,
    });
  }
  if (item.prompts === undefined) return false;
  const key = JSON.stringify(prompts);
  if (matched.has(key)) return false;
  matchPrompts(pack, prompts);
  if (matched.size < 10_000) matched.add(key);
  return true;
}
