import { blobKeys, Delivery, placeOf, type BatchRecord, type Manifest, type WebhookEvent } from '@parse3d/contract';
import { isProblem } from '@parse3d/contract/problems';
import { listAll, readJson, writeJson, type BlobStore } from '@parse3d/storage';
import type { BatchFinished } from '../batches/store.js';
import type { JobRecords } from '../records.js';
import { parseDue, type DueDelivery } from './due.js';
import { WebhookStore } from './endpoints.js';

/**
 * Puts the end of a job into the outbox of every endpoint that wants to know. Comes before everything that makes the
 * end final, so that whoever repeats the rest after a crash repeats this too. Jobs of a batch are told of by its end.
 */
export async function announceJob(store: BlobStore, records: JobRecords, manifest: Manifest): Promise<void> {
  const { jobId, run, tenant, status, finishedAt, metadata } = manifest;
  if (placeOf(jobId) !== undefined) return;
  const event: WebhookEvent = {
    type: `job.${status}`,
    timestamp: finishedAt,
    data: {
      jobId,
      run,
      status,
      ...(manifest.status === 'failed' ? { problemCode: manifest.problem.code } : {}),
      metadata,
    },
  };
  await announce(store, records, tenant, `${jobId}-${run}`, event);
}

/** Puts the end of a batch into the outbox. */
export async function announceBatch(
  store: BlobStore,
  records: JobRecords,
  batch: BatchRecord,
  end: BatchFinished,
): Promise<void> {
  const { batchId, tenant, metadata } = batch;
  const { status, completed, failed, canceled } = end;
  await announce(store, records, tenant, batchId, {
    type: 'batch.finished',
    timestamp: end.finishedAt,
    data: { batchId, status, completed, failed, canceled, metadata },
  });
}

async function announce(
  store: BlobStore,
  records: JobRecords,
  tenant: string,
  name: string,
  event: WebhookEvent,
): Promise<void> {
  const endpoints = (await new WebhookStore(store).list(tenant)).filter(
    ({ events, disabledAt }) => events.includes(event.type) && disabledAt === undefined,
  );
  const deliveryId = `${countdown(Date.parse(event.timestamp))}-${name}`;
  for (const { id } of endpoints) await enter(store, { tenant, endpointId: id, deliveryId }, event);
  // Only a hint that makes it fast: the markers in storage are what counts.
  await records.deliveriesDue(endpoints.map(({ id }) => ({ tenant, endpointId: id, deliveryId })));
}

/** The log's entry, then the marker. Repeated, it does not make due again what was delivered. */
async function enter(store: BlobStore, due: DueDelivery, event: WebhookEvent): Promise<void> {
  const key = blobKeys.delivery(due.endpointId, due.deliveryId);
  const entry: Delivery = {
    id: due.deliveryId,
    event,
    status: 'due',
    dueSince: new Date().toISOString(),
    attempts: [],
  };
  try {
    await writeJson(store, key, entry, { ifAbsent: true });
  } catch (error) {
    if (!isProblem(error, 'blob-exists')) throw error;
    if (Delivery.parse(await readJson(store, key)).status !== 'due') return;
  }
  await markDue(store, due);
}

export async function markDue(store: BlobStore, due: DueDelivery): Promise<void> {
  await writeJson(store, blobKeys.outbox(due.tenant, due.endpointId, due.deliveryId), {});
}

export async function unmarkDue(store: BlobStore, due: DueDelivery): Promise<void> {
  await store.delete(blobKeys.outbox(due.tenant, due.endpointId, due.deliveryId));
}

/** Every delivery that is due, from the markers in storage. */
export async function* listDue(store: BlobStore): AsyncGenerator<DueDelivery> {
  for await (const { key } of listAll(store, blobKeys.outboxPrefix)) {
    const due = parseDue(key.slice(blobKeys.outboxPrefix.length).replace(/\.json$/, ''));
    if (due !== undefined) yield due;
  }
}

/** Milliseconds as 13 digits that fall with time, so that a listing begins with the newest. */
const countdown = (ms: number): string => String(9_999_999_999_999 - ms).padStart(13, '0');
