import { blobKeys, parseBlobKeys, RuleRecord, type Tombstone } from '@parse3d/contract';
import { isProblem } from '@parse3d/contract/problems';
import type { Tenants } from '@parse3d/platform/access';
import { each } from '@parse3d/async';
import { listAll, readListed } from '@parse3d/storage';
import type { Ledger } from '../ledger/ledger.js';
import { uploadName, type UploadId } from '../ledger/uploads.js';
import type { StoredBytes } from '../live/usage.js';
import { walkBatches } from './batch-tally.js';
import { Candidates, type UnusedUpload } from './candidates.js';
import type { KnownJobs, Walk } from './context.js';
import { walkJobs } from './job-tally.js';
import { retentionOf, type StorageLimits } from '../jobs/policy.js';

/** Jobs and batches that one walk finds due. */
const MOST_DUE = 10_000;
/** Markers read at a time. */
const AT_ONCE = 16;

/** An ended job or batch that has outlived the time of its tenant. */
export interface Due {
  readonly kind: 'job' | 'batch';
  readonly id: string;
  readonly tenant: string;
  readonly bytes: number;
}

/** What a walk through all that is stored has found. */
export interface Walked {
  /** When it began. */
  readonly at: Date;
  /** By tenant. */
  readonly stored: ReadonlyMap<string, StoredBytes>;
  readonly unused: readonly UnusedUpload[];
  readonly due: readonly Due[];
  /** Batches that were removed and of which something is left, as of a retry that was accepted at that moment. */
  readonly unfinished: readonly Tombstone[];
  /** True when there was more than one walk looks at. */
  readonly more: boolean;
  /** Records that cannot be read. While there are any that may name uploads, `unused` is empty. */
  readonly unreadable: readonly string[];
}

export interface WalkOptions {
  readonly ledger: Ledger;
  readonly tenants: Tenants;
  readonly limits: Pick<StorageLimits, 'uploadsKeptMs' | 'retentionMs'>;
  /** What earlier walks have learnt of jobs that have ended. */
  readonly known: KnownJobs;
}

/**
 * Counts all that tenants have stored, and finds the uploads that nothing names any more and what has outlived its time.
 * It only reads. Pending markers are read before results: a run that ends meanwhile is met in one place or the other,
 * since its manifest is written before its marker goes.
 */
export async function walkStorage(options: WalkOptions, signal: AbortSignal): Promise<Walked> {
  const { ledger, known, limits, tenants } = options;
  const candidates = new Candidates(ledger);
  const unreadable = new Set<string>();
  const onUnreadable = (key: string): void => {
    unreadable.add(key);
    candidates.keepAll();
  };
  const walk: Walk = { ledger, known, at: new Date(), candidates, signal, onUnreadable };
  const stored = new Map<string, { uploads: number; results: number }>();
  const add = (tenant: string, kind: keyof StoredBytes, bytes: number): void => {
    const sum = stored.get(tenant) ?? { uploads: 0, results: 0 };
    sum[kind] += bytes;
    stored.set(tenant, sum);
  };
  const due: Due[] = [];
  const unfinished: Tombstone[] = [];
  let more = false;
  const addDue = async (one: Due, endedMs: number | undefined): Promise<void> => {
    if (endedMs === undefined) return;
    const ageMs = await retentionOf(one.tenant, tenants, limits).catch((error: unknown) => {
      if (!isProblem(error, 'record-invalid')) throw error;
      unreadable.add(blobKeys.tenant(one.tenant));
      return null;
    });
    if (ageMs === null || endedMs + ageMs > walk.at.getTime()) return;
    if (due.length < MOST_DUE) due.push(one);
    else more = true;
  };

  await walkUploads(walk, limits.uploadsKeptMs, (tenant, bytes) => add(tenant, 'uploads', bytes));
  const pending = await walkPending(walk);
  await walkRules(walk);
  const batches = new Map<string, string>();
  for await (const { batchId, tenant, bytes, endedMs, ...batch } of walkBatches(walk)) {
    if (batch.unfinished !== undefined) unfinished.push(batch.unfinished);
    batches.set(batchId, tenant);
    add(tenant, 'results', bytes);
    await addDue({ kind: 'batch', id: batchId, tenant, bytes }, endedMs);
  }
  for await (const { jobId, tenant, bytes, endedMs } of walkJobs(walk, batches)) {
    add(tenant, 'results', bytes);
    if (!pending.has(jobId)) await addDue({ kind: 'job', id: jobId, tenant, bytes }, endedMs);
  }
  signal.throwIfAborted();
  return {
    at: walk.at,
    stored,
    unused: candidates.left,
    due,
    unfinished,
    more: more || candidates.more,
    unreadable: [...unreadable],
  };
}

/** Uploads older than they are kept, and those whose owner was removed. */
async function walkUploads(
  { ledger, candidates, at, signal }: Walk,
  keptMs: number,
  count: (tenant: string, bytes: number) => void,
): Promise<void> {
  const released = await ledger.uploads.list('released', signal);
  let current: (UploadId & { objects: number; bytes: number; newestMs: number }) | undefined;
  const close = (): void => {
    if (current === undefined) return;
    const { newestMs, ...upload } = current;
    if (newestMs + keptMs <= at.getTime() || released.has(uploadName(upload))) candidates.add(upload);
  };
  for await (const { key, bytes, lastModified } of listAll(ledger.store, blobKeys.uploadsPrefix, signal)) {
    const tenant = key.split('/')[1];
    // What arrives now is counted as it comes.
    if (tenant !== undefined && lastModified < at) count(tenant, bytes);
    const upload = parseBlobKeys.upload(key);
    if (upload === undefined) continue;
    if (current === undefined || uploadName(current) !== uploadName(upload)) {
      close();
      current = { ...upload, objects: 0, bytes: 0, newestMs: 0 };
    }
    current.objects++;
    current.bytes += bytes;
    current.newestMs = Math.max(current.newestMs, lastModified.getTime());
  }
  close();
}

/** @returns ids of jobs with a run that has not ended */
async function walkPending({ ledger, candidates, signal, onUnreadable }: Walk): Promise<Set<string>> {
  const jobIds = new Set<string>();
  await each(ledger.pending.list(signal), AT_ONCE, async ({ jobId, run }) => {
    jobIds.add(jobId);
    if (candidates.size === 0) return;
    try {
      const request = await ledger.pending.read(jobId, run);
      if (request !== undefined) candidates.named(request.input.uri);
    } catch (error) {
      if (!isProblem(error, 'record-invalid')) throw error;
      onUnreadable(blobKeys.pending(jobId, run), error);
    }
  });
  return jobIds;
}

async function walkRules({ ledger, candidates, signal, onUnreadable }: Walk): Promise<void> {
  if (candidates.size === 0) return;
  const own = `${ledger.store.scheme}://${ledger.store.bucket}/`;
  for await (const { key } of listAll(ledger.store, blobKeys.rulesPrefix, signal)) {
    const rule = await readListed(ledger.store, key, RuleRecord, onUnreadable);
    if (rule?.bucket === own) candidates.namedBelow(rule.prefix);
  }
}
