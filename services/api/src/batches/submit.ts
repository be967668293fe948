import { createHash } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ApiKeyRecord } from '@parse3d/platform/access';
import {
  batchIdFromKey,
  blobKeys,
  ITEMS_PER_CHUNK,
  newBatchId,
  type BatchItem,
  type BatchRecord,
  type BatchSize,
  type BatchSource,
  type Pack,
  type Prompt,
  type SubmitBatch,
} from '@parse3d/contract';
import { BatchStore, rebuildBatch } from '@parse3d/control';
import { matchPrompts } from '@parse3d/contract/packs';
import { Problem } from '@parse3d/contract/problems';
import { writeJson } from '@parse3d/storage';
import type { ApiDeps } from '../deps.js';
import { mayRead, mayReadAll } from '../jobs/preflight.js';
import { chooseModality } from '../jobs/submit.js';
import { estimate } from './estimate.js';
import { sourceItems, type SourceItem } from './sources.js';

/**
 * Accepts a batch: its items go to storage in chunks, then the record, then the marker that the reconciler looks for,
 * then Redis. Whatever fails before the marker leaves nothing that counts.
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
  const { primary } = deps.stores;
  const requestSha256 = createHash('sha256').update(JSON.stringify(body)).digest('hex');
  const batchId = idempotencyKey === undefined ? newBatchId() : batchIdFromKey(caller.tenant, idempotencyKey);
  if (idempotencyKey !== undefined) {
    const earlier = await new BatchStore(primary).record(batchId);
    if (earlier !== undefined) return repeated(earlier, requestSha256, deps);
  }
  await deps.admission.admitBatch(caller.tenant);
  const { pack, modality } = choose(body, deps);
  const size = await writeItems(batchId, checkedItems(body, pack, caller, deps), deps);
  const batch: BatchRecord = {
    batchId,
    tenant: caller.tenant,
    ...(body.name === undefined ? {} : { name: body.name }),
    createdAt: new Date().toISOString(),
    ...size,
    ...(body.prompts === undefined ? {} : { prompts: body.prompts }),
    pack: { id: pack.id, version: pack.version },
    modality,
    outputs: body.outputs,
    options: body.options,
    lane: body.lane,
    ...(body.errorThreshold === undefined ? {} : { errorThreshold: body.errorThreshold }),
    skipCompleted: body.skipCompleted,
    metadata: body.metadata,
    source: { kind: body.source.kind, ...('uri' in body.source ? { uri: body.source.uri } : {}) },
    ...(idempotencyKey === undefined ? {} : { requestSha256 }),
    ...(traceparent === undefined ? {} : { traceparent }),
  };
  await writeJson(primary, blobKeys.batch(batchId), batch);
  await enter(batch, deps, () => deps.records.batches.open(batch, 'running'));
  return batch;
}

async function enter(batch: BatchRecord, deps: ApiDeps, count: () => Promise<unknown>): Promise<void> {
  const { primary } = deps.stores;
  await writeJson(primary, blobKeys.openBatch(batch.batchId), { batchId: batch.batchId });
  try {
    await count();
  } catch (error) {
    await primary.delete(blobKeys.openBatch(batch.batchId));
    throw error;
  }
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
  const { primary } = deps.stores;
  const batches = new BatchStore(primary);
  const live = await deps.records.batches.get(batchId);
  if (live !== undefined || (await batches.finished(batchId)) !== undefined) return earlier;
  await enter(earlier, deps, () => rebuildBatch(earlier, batches, deps.records, primary));
  // It may have ended in between, which leaves nothing to look after.
  if ((await batches.finished(batchId)) !== undefined) await primary.delete(blobKeys.openBatch(batchId));
  return earlier;
}

/** Counts what `submitBatch` would accept, and checks every item on the way. */
export async function measureBatch(body: SubmitBatch, caller: ApiKeyRecord, deps: ApiDeps): Promise<BatchSize> {
  const { pack } = choose(body, deps);
  let total = 0;
  let bytes = 0;
  for await (const item of checkedItems(body, pack, caller, deps)) {
    total++;
    bytes += item.bytes;
    if (total % ITEMS_PER_TURN === 0) await nextTurn();
  }
  const time = await estimate({ total, bytes }, pack, deps);
  return { total, bytes, ...(time === undefined ? {} : { estimate: time }) };
}

function choose(body: SubmitBatch, deps: ApiDeps): { pack: Pack; modality: BatchRecord['modality'] } {
  const pack = deps.packs.get(body.pack ?? deps.config.PARSE3D_DEFAULT_PACK);
  if (body.prompts !== undefined) matchPrompts(pack, body.prompts);
  return { pack, modality: chooseModality(body, pack) };
}

async function* checkedItems(
  body: SubmitBatch,
  pack: Pack,
  caller: ApiKeyRecord,
  deps: ApiDeps,
): AsyncGenerator<BatchItem> {
  checkSource(body.source, caller, deps);
  // Items mostly share a few lists of prompts; each list is matched once, and lets other requests go first.
  const matched = new Set<string>();
  for await (const item of sourceItems(body.source, deps.stores)) {
    if (!mayRead(caller, item.uri, deps.stores.primary)) {
      throw new Problem('input-not-allowed', `this API key may not read ${item.uri}`, { uri: item.uri });
    }
    if (checkPrompts(item, body.prompts, pack, matched)) await nextTurn();
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

/** Items taken between two looks at what else there is to do. */
const ITEMS_PER_TURN = 100;

async function writeItems(
  batchId: string,
  items: AsyncIterable<BatchItem>,
  deps: ApiDeps,
): Promise<Pick<BatchRecord, 'total' | 'bytes'>> {
  const { primary } = deps.stores;
  let lines: string[] = [];
  let total = 0;
  let bytes = 0;
  const flush = async (): Promise<void> => {
    const chunk = Math.floor((total - 1) / ITEMS_PER_CHUNK);
    await primary.write(blobKeys.batchItems(batchId, chunk), Buffer.from(lines.join('')), {
      contentType: 'application/x-ndjson',
    });
    lines = [];
  };
  for await (const item of items) {
    lines.push(`${JSON.stringify(item)}\n`);
    total++;
    bytes += item.bytes;
    if (lines.length === ITEMS_PER_CHUNK) await flush();
    // Lines of one buffer come without waiting; other requests are not to wait for them.
    if (total % ITEMS_PER_TURN === 0) await nextTurn();
  }
  if (total === 0) throw new Problem('request-invalid', 'the source has no volume that matches');
  if (lines.length > 0) await flush();
  return { total, bytes };
}
