import type { ApiKeyRecord } from '@parse3d/shared/access';
import {
  blobKeys,
  ITEMS_PER_CHUNK,
  newBatchId,
  type BatchItem,
  type BatchRecord,
  type BatchSize,
  type Pack,
  type Prompt,
  type SubmitBatch,
} from '@parse3d/shared/contract';
import { matchPrompts } from '@parse3d/shared/packs';
import { Problem } from '@parse3d/shared/problems';
import { writeJson } from '@parse3d/shared/storage';
import type { ApiDeps } from '../deps.js';
import { mayRead } from '../jobs/preflight.js';
import { chooseModality } from '../jobs/submit.js';
import { sourceItems, type SourceItem } from './sources.js';

/**
 * Accepts a batch: its items go to storage in chunks, then the record, then the marker that the reconciler looks for,
 * then Redis. Whatever fails before the marker leaves nothing that counts.
 *
 * @throws Problem for everything wrong with the request or a line of its manifest, `queue-unavailable` without Redis
 */
export function submitBatch(body: SubmitBatch, caller: ApiKeyRecord, deps: ApiDeps): Promise<BatchRecord> {
  return deps.tracing.span('accept batch', { attributes: { 'parse3d.tenant': caller.tenant } }, async (span) => {
    const batch = await acceptBatch(body, caller, span.traceparent, deps);
    span.annotate({ 'parse3d.batchId': batch.batchId, 'parse3d.pack': batch.pack.id, 'parse3d.items': batch.total });
    return batch;
  });
}

async function acceptBatch(
  body: SubmitBatch,
  caller: ApiKeyRecord,
  traceparent: string | undefined,
  deps: ApiDeps,
): Promise<BatchRecord> {
  const { primary } = deps.stores;
  await deps.admission.admitBatch(caller.tenant);
  const { pack, modality } = choose(body, deps);
  const batchId = newBatchId();
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
    ...(traceparent === undefined ? {} : { traceparent }),
  };
  await writeJson(primary, blobKeys.batch(batchId), batch);
  await writeJson(primary, blobKeys.openBatch(batchId), { batchId });
  try {
    await deps.records.batches.open(batch, 'running');
  } catch (error) {
    await primary.delete(blobKeys.openBatch(batchId));
    throw error;
  }
  return batch;
}

/** Counts what `submitBatch` would accept, and checks every item on the way. */
export async function measureBatch(body: SubmitBatch, caller: ApiKeyRecord, deps: ApiDeps): Promise<BatchSize> {
  const { pack } = choose(body, deps);
  let total = 0;
  let bytes = 0;
  for await (const item of checkedItems(body, pack, caller, deps)) {
    total++;
    bytes += item.bytes;
  }
  return { total, bytes };
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
  // Items mostly share a few lists of prompts; each list is matched once.
  const matched = new Set<string>();
  for await (const item of sourceItems(body.source, deps.stores)) {
    if (!mayRead(caller, item.uri, deps.stores.primary)) {
      throw new Problem('input-not-allowed', `this API key may not read ${item.uri}`, { uri: item.uri });
    }
    checkPrompts(item, body.prompts, pack, matched);
    const { uri, etag, bytes, prompts } = item;
    yield { uri, etag, bytes, ...(prompts === undefined ? {} : { prompts }) };
  }
}

function checkPrompts(item: SourceItem, common: Prompt[] | undefined, pack: Pack, matched: Set<string>): void {
  const prompts = item.prompts ?? common;
  if (prompts === undefined) {
    throw new Problem('request-invalid', `${item.uri} has no prompts, and the batch has none either`, {
      uri: item.uri,
    });
  }
  if (item.prompts === undefined) return;
  const key = JSON.stringify(prompts);
  if (matched.has(key)) return;
  matchPrompts(pack, prompts);
  if (matched.size < 10_000) matched.add(key);
}

async function writeItems(batchId: string, items: AsyncIterable<BatchItem>, deps: ApiDeps): Promise<BatchSize> {
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
  }
  if (total === 0) throw new Problem('request-invalid', 'the source has no volume that matches');
  if (lines.length > 0) await flush();
  return { total, bytes };
}
