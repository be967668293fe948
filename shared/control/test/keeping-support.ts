import { randomUUID } from 'node:crypto';
import { batchJobId, blobKeys, newBatchId, type JobRequest } from '@parse3d/contract';
import { Tenants } from '@parse3d/platform/access';
import { listAll, type BlobStore } from '@parse3d/storage';
import { assertNothingLeaks } from '@parse3d/testing';
import { Batches } from '../src/batches/batches.js';
import type { ControlDeps } from '../src/jobs/deps.js';
import { Jobs } from '../src/jobs/jobs.js';
import { NO_LIMITS, StoragePolicy, type StorageLimits } from '../src/jobs/policy.js';
import { Keeper, type Kept } from '../src/keeping/keeper.js';
import { openLedger } from '../src/ledger/ledger.js';
import { batchRecord, jobRequest, software, startBench } from './support.js';

const OUTPUT = Buffer.alloc(1_000, 1);
const VOLUME = Buffer.alloc(300, 2);

/** A bench with jobs, batches and uploads that have bytes, and a keeper that walks when it is told to. */
export async function startKeeping() {
  const bench = await startBench();
  const tenants = new Tenants(bench.store, () => undefined, 0);

  async function clear(): Promise<void> {
    await bench.redis.flushall();
    for await (const { key } of listAll(bench.store, '')) await bench.store.delete(key);
  }

  async function stop(): Promise<void> {
    await bench.stop();
    await assertNothingLeaks();
  }

  const keys = async (prefix = ''): Promise<string[]> => {
    const found: string[] = [];
    for await (const { key } of listAll(bench.store, prefix)) found.push(key);
    return found;
  };

  async function upload(tenant = 'default'): Promise<{ uri: string; key: string; uploadId: string; tenant: string }> {
    const uploadId = randomUUID();
    const key = blobKeys.upload(tenant, uploadId, 'volume.nii.gz');
    await bench.store.write(key, VOLUME);
    return { uri: `local://bucket/${key}`, key, uploadId, tenant };
  }

  const isThere = async (key: string): Promise<boolean> => (await keys(key)).length > 0;

  /** The house with other limits, or on another store. */
  function houseWith(limits: Partial<StorageLimits>, store: BlobStore = bench.store) {
    const policy = new StoragePolicy(bench.live.usage, tenants, store, { ...NO_LIMITS, ...limits });
    const deps: ControlDeps = { ...bench, policy, ledger: store === bench.store ? bench.ledger : openLedger(store) };
    const jobs = new Jobs(deps);
    return { deps, jobs, batches: new Batches(deps, jobs) };
  }

  /** One walk of a process that has just begun to lead. */
  async function walk(limits: Partial<StorageLimits> = { uploadsKeptMs: 0 }): Promise<Kept> {
    const { deps, jobs, batches } = houseWith(limits);
    let keeper: Keeper | undefined;
    const kept = await new Promise<Kept>((resolve, reject) => {
      keeper = new Keeper(deps, jobs, batches, tenants, { everyMs: 3_600_000, onKept: resolve, onError: reject });
      keeper.tend();
    });
    await keeper?.stop();
    return kept;
  }

  /** A job that was computed: two outputs, 2,000 bytes. */
  async function complete(request: JobRequest): Promise<void> {
    const attemptId = randomUUID();
    const prefix = blobKeys.attemptPrefix(request.jobId, request.run, attemptId);
    const names = ['labels.nii.gz', 'preview.png'];
    for (const name of names) await bench.store.write(prefix + name, OUTPUT);
    await bench.jobs.complete(request, attemptId, {
      input: request.input,
      geometry: { shape: [1, 1, 1], affine: Array.from({ length: 16 }, () => 0), spacingMm: [1, 1, 1] },
      model: { title: 't', licence: 'MIT', intendedUse: 'tests', demonstration: true, graphs: {} },
      device: 'cpu',
      findings: [],
      preparation: [],
      warnings: [],
      timingsMs: {},
      outputs: names.map((name) => ({
        name,
        key: prefix + name,
        bytes: OUTPUT.length,
        sha256: '0'.repeat(64),
        contentType: 'application/octet-stream',
      })),
    });
  }

  async function endedJob(uri: string, tenant = 'default'): Promise<JobRequest> {
    const request = jobRequest({ tenant, input: { uri, etag: 'e', bytes: 1 } });
    await bench.jobs.accept(request);
    await complete(request);
    return request;
  }

  const purge = async (jobId: string, jobs = bench.jobs): Promise<void> => {
    const found = await jobs.find(jobId);
    if (found === undefined) throw new Error(`there is no job ${jobId}`);
    await jobs.purge(found, 'key');
  };

  /** A batch whose items have ended, the first by sharing an earlier result where one fits. */
  async function endedBatch(uris: readonly string[], skipCompleted = false): Promise<string> {
    const batch = batchRecord(uris.length, { batchId: newBatchId(), skipCompleted });
    await bench.batches.writeItems(
      batch.batchId,
      uris.map((uri) => ({ uri, etag: 'e', bytes: 1 })),
    );
    await bench.batches.create(batch);
    for (const [ordinal, uri] of uris.entries()) {
      const request = jobRequest({ jobId: batchJobId(batch.batchId, ordinal), input: { uri, etag: 'e', bytes: 1 } });
      const shared = skipCompleted ? await bench.ledger.reuse.find(request, software) : undefined;
      if (shared === undefined) await complete(request);
      else await bench.jobs.commit(shared);
    }
    const counts = await bench.live.counters.get(batch.batchId);
    if (counts === undefined) throw new Error('the batch has no counters');
    await bench.batches.close(batch, counts, new AbortController().signal);
    return batch.batchId;
  }

  const purgeBatch = async (batchId: string, most = Infinity, batches = bench.batches): Promise<boolean> => {
    const found = (await batches.find(batchId)) ?? (await batches.tombstone(batchId));
    if (found === undefined) throw new Error(`there is no batch ${batchId}`);
    return (await batches.purge(found, 'key', most)).complete;
  };

  return {
    bench,
    tenants,
    clear,
    stop,
    keys,
    isThere,
    upload,
    houseWith,
    walk,
    complete,
    endedJob,
    endedBatch,
    purge,
    purgeBatch,
  };
}
