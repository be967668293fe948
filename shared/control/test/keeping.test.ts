import { randomUUID } from 'node:crypto';
import { batchJobId, blobKeys, CreateRule, newBatchId, type JobRequest, type RuleRecord } from '@parse3d/contract';
import { Tenants } from '@parse3d/platform/access';
import { listAll, writeJson, type BlobStore } from '@parse3d/storage';
import { assertNothingLeaks } from '@parse3d/testing';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { Batches } from '../src/batches/batches.js';
import type { ControlDeps } from '../src/jobs/deps.js';
import { Jobs } from '../src/jobs/jobs.js';
import { Keeper, type Kept } from '../src/keeping/keeper.js';
import { NO_LIMITS, StoragePolicy, type StorageLimits } from '../src/keeping/policy.js';
import { surveyStorage } from '../src/keeping/survey.js';
import { openLedger } from '../src/ledger/ledger.js';
import { failedManifest } from '../src/ledger/manifests.js';
import { batchRecord, jobRequest, software, startBench, type ControlBench } from './support.js';

const OUTPUT = Buffer.alloc(1_000, 1);
const VOLUME = Buffer.alloc(300, 2);

let bench: ControlBench;
let tenants: Tenants;
beforeAll(async () => {
  bench = await startBench();
  tenants = new Tenants(bench.store, 0);
});
beforeEach(async () => {
  await bench.redis.flushall();
  for await (const { key } of listAll(bench.store, '')) await bench.store.delete(key);
});
afterAll(async () => {
  await bench.stop();
  await assertNothingLeaks();
});

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

test('an upload goes once nothing names it, in two walks, and none goes that a job, batch or rule names', async () => {
  const named = {
    pending: await upload(),
    ended: await upload(),
    openBatch: await upload(),
    endedBatch: await upload(),
    ofAnother: await upload(),
    rule: await upload('ruled'),
  };
  const unnamed = await upload();
  await bench.jobs.accept(jobRequest({ input: { uri: named.pending.uri, etag: 'e', bytes: 1 } }));
  await endedJob(named.ended.uri);
  await endedJob(named.ofAnother.uri, 'other');
  const open = batchRecord(1);
  await bench.batches.writeItems(open.batchId, [{ uri: named.openBatch.uri, etag: 'e', bytes: 1 }]);
  await bench.batches.create(open);
  await endedBatch([named.endedBatch.uri]);
  const rule: RuleRecord = {
    ...CreateRule.parse({ bucket: 'local://bucket/', prefix: 'uploads/ruled/', job: { prompts: ['bone'] } }),
    job: { ...CreateRule.parse({ bucket: 'local://bucket/', job: { prompts: ['bone'] } }).job },
    id: randomUUID(),
    tenant: 'ruled',
    inputs: [],
    createdAt: new Date().toISOString(),
    since: new Date().toISOString(),
  };
  await writeJson(bench.store, blobKeys.rule('ruled', rule.id), rule);

  expect(await walk({ uploadsKeptMs: 3_600_000 })).toMatchObject({ uploads: 0, marked: 0 });
  const survey = await surveyStorage(bench.store, { uploadsKeptMs: 0, retentionMs: 0 }, new AbortController().signal);
  expect(survey.unused).toEqual([{ tenant: 'default', uploadId: unnamed.uploadId, objects: 1, bytes: 300 }]);

  expect(await walk()).toMatchObject({ uploads: 0, marked: 1 });
  expect(await isThere(unnamed.key)).toBe(true);
  // From now on nothing new may name it, neither a job nor a batch.
  const late = jobRequest({ input: { uri: unnamed.uri, etag: 'e', bytes: 1 } });
  await expect(bench.jobs.accept(late)).rejects.toMatchObject({ code: 'volume-missing' });
  expect(await bench.jobs.find(late.jobId)).toBeUndefined();
  const lateBatch = batchRecord(1);
  await bench.batches.writeItems(lateBatch.batchId, [{ uri: unnamed.uri, etag: 'e', bytes: 1 }]);
  await expect(bench.batches.create(lateBatch)).rejects.toMatchObject({ code: 'volume-missing' });
  expect(await bench.batches.find(lateBatch.batchId)).toBeUndefined();

  expect(await walk()).toMatchObject({ uploads: 1, bytes: 300 });
  expect(await isThere(unnamed.key)).toBe(false);
  expect(await keys(blobKeys.uploadsGonePrefix)).toEqual([]);
  for (const [who, { key }] of Object.entries(named)) expect(await isThere(key), who).toBe(true);
});

test('an upload that a job named before it was marked stays, and can be named again', async () => {
  const { uri, key, tenant, uploadId } = await upload();
  const early = jobRequest({ input: { uri, etag: 'e', bytes: 1 } });
  // As when it is accepted after the walk has read the markers and before it marks the upload.
  await bench.jobs.accept(early);
  await bench.ledger.uploads.markGone({ tenant, uploadId });
  await walk();
  expect(await isThere(key)).toBe(true);
  await bench.jobs.accept(jobRequest({ input: { uri, etag: 'e', bytes: 1 } }));
});

test('while a record that may name uploads cannot be read, none is removed, and the record is counted', async () => {
  await upload();
  const broken = blobKeys.pending(randomUUID(), 1);
  await bench.store.write(broken, Buffer.from('{'));
  expect(await walk()).toMatchObject({ marked: 0, uploads: 0, unreadable: 1 });
  await bench.store.delete(broken);
  expect(await walk()).toMatchObject({ marked: 1, unreadable: 0 });
});

test('what a removed job leaves is a tombstone, whose run no late attempt takes', async () => {
  const { uri, key } = await upload();
  const request = await endedJob(uri);
  const { jobId } = request;
  expect(await bench.live.usage.get('default')).toMatchObject({ results: 2_000 });
  await purge(jobId);
  expect(await keys('results/')).toEqual([blobKeys.manifest(jobId, 1)]);
  expect(JSON.stringify(await bench.ledger.manifests.read(jobId, 1))).not.toContain(uri);
  expect(await bench.jobs.find(jobId)).toMatchObject({
    source: 'purged',
    tombstone: { id: jobId, tenant: 'default', purgedBy: 'key' },
  });
  expect(await bench.jobs.list('default', 10)).toEqual([]);
  expect(await bench.live.usage.get('default')).toMatchObject({ results: 0 });
  const problem = { code: 'inference-failed', detail: 'd', retry: 'later', fields: {} } as const;
  expect(await bench.jobs.commit(failedManifest(request, 'late', software, problem))).toMatchObject({ won: false });
  await expect(bench.jobs.accept({ ...request, run: 2 })).rejects.toMatchObject({ code: 'purged' });
  expect(await keys(blobKeys.pendingPrefix)).toEqual([]);
  // Its upload was left for the keeper, whatever its age.
  await walk({});
  await walk({});
  expect(await isThere(key)).toBe(false);
  await purge(jobId);
});

test('a job that has not ended is not removed, and neither is one of a batch or a batch with work left', async () => {
  const waiting = jobRequest();
  await bench.jobs.accept(waiting);
  await expect(purge(waiting.jobId)).rejects.toMatchObject({ code: 'state-conflict', fields: { status: 'waiting' } });
  const open = batchRecord(1);
  await bench.batches.writeItems(open.batchId, [{ uri: 'local://bucket/0.nii', etag: 'e', bytes: 1 }]);
  await bench.batches.create(open);
  await expect(purgeBatch(open.batchId)).rejects.toMatchObject({ code: 'state-conflict' });
  await expect(purge(batchJobId(open.batchId, 0))).rejects.toMatchObject({ code: 'state-conflict' });
  expect((await bench.batches.find(open.batchId))?.live).toMatchObject({ status: 'running' });
});

test('a removed batch takes its uploads along, and keeps a result until the last that shares it is removed', async () => {
  const [first, second] = [await upload(), await upload()];
  const computed = await endedBatch([first.uri, second.uri]);
  const sharing = await endedBatch([first.uri], true);
  expect(await bench.jobs.manifest(batchJobId(sharing, 0))).toMatchObject({
    reusedFrom: { jobId: batchJobId(computed, 0), run: 1 },
  });

  // More than one request removes: the keeper does the rest.
  expect(await purgeBatch(computed, 1)).toBe(false);
  expect(await bench.batches.find(computed)).toBeUndefined();
  await walk({});
  expect(await keys(`batches/${computed}/`)).toEqual([blobKeys.batch(computed)]);
  expect((await keys(blobKeys.jobPrefix(batchJobId(computed, 0)))).length).toBe(2);
  expect(await keys(blobKeys.jobPrefix(batchJobId(computed, 1)))).toEqual([]);
  expect(await bench.jobs.find(batchJobId(computed, 0))).toMatchObject({ source: 'purged' });
  // An attempt of it that comes too late brings nothing back.
  const late = failedManifest(jobRequest({ jobId: batchJobId(computed, 1) }), 'late', software, {
    code: 'internal',
    detail: 'd',
    retry: 'later',
    fields: {},
  });
  expect(await bench.jobs.commit(late)).toMatchObject({ won: false });
  expect(await keys(blobKeys.jobPrefix(batchJobId(computed, 1)))).toEqual([]);
  await walk({});
  await walk({});
  expect([await isThere(first.key), await isThere(second.key)]).toEqual([true, false]);

  expect(await purgeBatch(sharing)).toBe(true);
  await walk({});
  await walk({});
  expect(await keys()).toEqual([blobKeys.batch(computed), blobKeys.batch(sharing)].sort());
  expect(await bench.live.usage.get('default')).toMatchObject({ total: 0 });
});

test('a removal that is cut off at any step is finished by the keeper, and by whoever repeats it', async () => {
  let cutOff = 0;
  for (let steps = 0; ; steps++) {
    const { uri } = await upload();
    const { jobId } = await endedJob(uri);
    const batchId = await endedBatch([uri]);
    const dying = houseWith({}, dyingAfter(steps, bench.store));
    const died = await Promise.all([
      purge(jobId, dying.jobs).then(() => 0, isDeath),
      purgeBatch(batchId, Infinity, dying.batches).then(() => 0, isDeath),
    ]);
    cutOff += died[0] + died[1];
    if (steps % 2 === 0) {
      await walk({});
      // What did not get as far as its note was not begun.
      if ((await bench.jobs.find(jobId))?.source !== 'purged') await purge(jobId);
      if ((await bench.batches.find(batchId)) !== undefined) await purgeBatch(batchId);
    } else {
      await purge(jobId);
      await purgeBatch(batchId);
    }
    await walk({});
    await walk({});
    expect(await keys(), `after ${steps} steps`).toEqual([blobKeys.batch(batchId), blobKeys.manifest(jobId, 1)]);
    expect(await bench.live.usage.get('default')).toMatchObject({ total: 0 });
    for (const key of await keys()) await bench.store.delete(key);
    if (died[0] + died[1] === 0) break;
  }
  expect(cutOff).toBeGreaterThan(10);
});

const DEATH = 'the process has died';
const isDeath = (error: unknown): 1 => {
  if (error instanceof Error && error.message === DEATH) return 1;
  throw error;
};

/** The store, as a process sees it that dies after so many writes and removals. */
function dyingAfter(steps: number, store: BlobStore): BlobStore {
  let left = steps;
  const step = (): void => {
    if (left-- <= 0) throw new Error(DEATH);
  };
  return {
    scheme: store.scheme,
    bucket: store.bucket,
    head: (key, options) => store.head(key, options),
    read: (key, options) => store.read(key, options),
    list: (options) => store.list(options),
    presignRead: (key, options) => store.presignRead(key, options),
    healthy: () => store.healthy(),
    room: () => store.room(),
    close: () => Promise.resolve(),
    async write(key, body, options) {
      step();
      return store.write(key, body, options);
    },
    async delete(key) {
      step();
      return store.delete(key);
    },
  };
}

test('jobs and batches go at the age that their tenant or the server says, and those of others stay', async () => {
  await tenants.set('long', { ...(await tenants.get('long')), retentionDays: null });
  const [old, kept] = [await endedJob('local://bucket/a.nii'), await endedJob('local://bucket/b.nii', 'long')];
  const batchId = await endedBatch(['local://bucket/c.nii']);
  expect(await walk({ retentionMs: 3_600_000 })).toMatchObject({ jobs: 0, batches: 0 });
  expect(await walk({ retentionMs: 1 })).toMatchObject({ jobs: 1, batches: 1 });
  expect(await bench.jobs.find(old.jobId)).toMatchObject({ tombstone: { purgedBy: 'retention' } });
  expect(await bench.batches.tombstone(batchId)).toMatchObject({ purgedBy: 'retention' });
  expect(await bench.jobs.find(kept.jobId)).toMatchObject({ source: 'record' });
});

test('a walk counts what Redis has lost, and a tenant above its quota starts nothing', async () => {
  const { uri } = await upload();
  await endedJob(uri);
  await bench.redis.flushall();
  await walk({});
  expect(await bench.live.usage.get('default')).toMatchObject({ uploads: 300, results: 2_000, total: 2_300 });

  const { jobs } = houseWith({ quotaBytes: 2_000 });
  const waiting = jobRequest();
  await jobs.accept(waiting);
  const attempt = { jobId: waiting.jobId, run: 1, attemptId: randomUUID(), attempt: 1 };
  expect(await jobs.claim(attempt, 'worker')).toEqual({ outcome: 'ended' });
  expect(await jobs.manifest(waiting.jobId)).toMatchObject({
    status: 'failed',
    problem: { code: 'storage-quota-exceeded', fields: { usedBytes: 2_300, quotaBytes: 2_000 } },
  });
  await tenants.set('default', { ...(await tenants.get('default')), maxStoredBytes: null });
  const other = jobRequest();
  await jobs.accept(other);
  expect(await jobs.claim({ ...attempt, jobId: other.jobId }, 'worker')).toMatchObject({ outcome: 'ok' });
});
