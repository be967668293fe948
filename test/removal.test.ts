import { batchJobId, blobKeys, Purged, Usage } from '@parse3d/contract';
import { Tenants, type TenantSettings } from '@parse3d/platform/access';
import { assertNothingLeaks, eventually, startRadosgw, whyNoRadosgw, type TestRadosgw } from '@parse3d/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Api } from './support/api.js';
import { endedBatch, submitBatch } from './support/batches.js';
import { startStack, type Stack } from './support/stack.js';
import { phantomCtFile } from './support/volumes.js';

const noRadosgw = process.env['CI'] === undefined ? whyNoRadosgw() : undefined;

describe('on the file store', () => owners(() => Promise.resolve(undefined)));
describe.skipIf(noRadosgw !== undefined)(`on radosgw${noRadosgw === undefined ? '' : ` (skipped: ${noRadosgw})`}`, () =>
  owners(startRadosgw),
);

/** What owners of jobs, batches and uploads can rely on, on any store. */
function owners(startGateway: () => Promise<TestRadosgw | undefined>): void {
  let gateway: TestRadosgw | undefined;
  let stack: Stack;
  let stranger: Api;
  let volume: Buffer;
  beforeAll(async () => {
    volume = await phantomCtFile([24, 20, 12]);
    gateway = await startGateway();
    stack = await startStack({
      env: {
        PARSE3D_KEEPING_EVERY: '500ms',
        ...(gateway === undefined
          ? {}
          : {
              PARSE3D_STORAGE: 's3',
              PARSE3D_S3_ENDPOINT: gateway.endpoint,
              PARSE3D_S3_REGION: gateway.region,
              PARSE3D_S3_ACCESS_KEY_ID: gateway.accessKeyId,
              PARSE3D_S3_SECRET_ACCESS_KEY: gateway.secretAccessKey,
            }),
      },
    });
    stranger = await stack.client({ tenant: 'stranger' });
  }, 120_000);
  afterAll(async () => {
    await stack.stop();
    await gateway?.stop();
    await assertNothingLeaks();
  });

  const keys = async (prefix: string): Promise<string[]> =>
    (await stack.stores.primary.list({ prefix })).blobs.map(({ key }) => key);
  const usageOf = async (api: Api): Promise<Usage> => Usage.parse((await api.send('GET', '/v1/usage')).json);
  const segmented = async (api: Api, uri: string): Promise<string> => {
    const { id } = await api.submit({ input: { uri }, prompts: ['bone'] });
    expect(await api.ended(id)).toMatchObject({ status: 'completed' });
    return id;
  };
  async function tenantWith(tenant: string, settings: Partial<TenantSettings>): Promise<Api> {
    const tenants = new Tenants(stack.stores.primary);
    await tenants.set(tenant, { ...(await tenants.get(tenant)), ...settings });
    return stack.client({ tenant });
  }

  test('an owner removes a job: its answers are 410 from then on, its outputs and upload go, and others see no difference', async () => {
    const api = await stack.client({ tenant: 'owner' });
    const uri = await api.upload(volume);
    const id = await segmented(api, uri);
    const { bytes } = await usageOf(api);
    expect(bytes.uploads).toBe(volume.length);
    expect(bytes.results).toBeGreaterThan(0);

    const unknown = await stranger.send('DELETE', `/v1/jobs/${id.replace(/^.{8}/, '00000000')}?purge=true`);
    const foreign = await stranger.send('DELETE', `/v1/jobs/${id}?purge=true`);
    expect([unknown.status, foreign.status]).toEqual([404, 404]);
    const removed = await api.send('DELETE', `/v1/jobs/${id}?purge=true`);
    expect(removed).toMatchObject({ status: 200, json: { id, status: 'purged', purgedBy: api.key.slice(4, 16) } });
    expect((await api.send('DELETE', `/v1/jobs/${id}?purge=true`)).json).toEqual(removed.json);

    const { purgedAt, purgedBy } = Purged.parse(removed.json);
    for (const path of ['', '/outputs/manifest.json', '/outputs/labels.nii.gz', '/events']) {
      const gone = await api.send('GET', `/v1/jobs/${id}${path}`);
      expect(gone, path).toMatchObject({ status: 410, json: { type: '/problems/purged', purgedAt, purgedBy } });
    }
    expect((await api.send('POST', `/v1/jobs/${id}/retry`)).status).toBe(410);
    expect((await stranger.send('GET', `/v1/jobs/${id}`)).status).toBe(404);
    expect((await api.send('GET', '/v1/jobs')).json).toEqual({ jobs: [] });
    expect(await keys(blobKeys.jobPrefix(id))).toEqual([blobKeys.manifest(id, 1)]);
    await eventually(async () => (await usageOf(api)).bytes.total === 0, { what: 'the upload to be removed' });
    expect(await keys(blobKeys.tenantUploadsPrefix('owner'))).toEqual([]);
    expect((await api.send('POST', '/v1/jobs', { input: { uri }, prompts: ['bone'] })).json).toMatchObject({
      type: '/problems/volume-missing',
    });
  });

  test('a batch goes with the results of its items, and an upload at its owner’s word', async () => {
    const api = await stack.client({ tenant: 'batches' });
    const [uri, other] = [await api.upload(volume), await api.upload(volume)];
    const { id } = await submitBatch(api, { source: { kind: 'items', items: [{ uri }] }, prompts: ['bone'] });
    expect((await api.send('DELETE', `/v1/batches/${id}`)).status).toBe(400);
    await endedBatch(api, id);
    const jobId = batchJobId(id, 0);
    expect(await api.send('DELETE', `/v1/jobs/${jobId}?purge=true`)).toMatchObject({
      status: 409,
      json: { type: '/problems/state-conflict', batchId: id },
    });
    expect((await stranger.send('DELETE', `/v1/batches/${id}?purge=true`)).status).toBe(404);
    expect(await api.send('DELETE', `/v1/batches/${id}?purge=true`)).toMatchObject({ status: 200 });
    expect((await api.send('DELETE', `/v1/batches/${id}?purge=true`)).status).toBe(200);
    for (const path of [`batches/${id}`, `batches/${id}/reports/results.jsonl`, `jobs/${jobId}`]) {
      expect((await api.send('GET', `/v1/${path}`)).status, path).toBe(410);
    }
    expect((await api.send('GET', '/v1/batches')).json).toEqual({ batches: [] });
    expect(await keys(blobKeys.batchPrefix(id))).toEqual([blobKeys.batch(id)]);
    expect(await keys(blobKeys.jobPrefix(jobId))).toEqual([]);

    const path = `/v1/volumes?uri=${encodeURIComponent(other)}`;
    const foreign = await stranger.send('DELETE', path);
    expect(foreign.status).toBe(404);
    expect(await api.send('DELETE', path)).toMatchObject({ status: 200, json: { objects: 1, bytes: volume.length } });
    const again = await api.send('DELETE', path);
    expect({ ...again.json, requestId: '' }).toEqual({ ...foreign.json, requestId: '' });
    await eventually(async () => (await usageOf(api)).bytes.total === 0, { what: 'nothing to be stored' });
  });

  test('of one upload that is removed many times at once the bytes are taken off once, and no other name removes it', async () => {
    const api = await stack.client({ tenant: 'hasty' });
    const [uri] = [await api.upload(volume), await api.upload(volume)];
    for (const other of [`${uri}/../../../../keys/x.json`, `${uri}x`, uri.slice(0, -1)]) {
      expect((await api.send('DELETE', `/v1/volumes?uri=${encodeURIComponent(other)}`)).status, other).toBe(404);
    }
    const path = `/v1/volumes?uri=${encodeURIComponent(uri)}`;
    const answers = await Promise.all(Array.from({ length: 16 }, () => api.send('DELETE', path)));
    expect(answers.map(({ status }) => status)).toContain(200);
    expect(answers.every(({ status }) => status === 200 || status === 404)).toBe(true);
    expect((await usageOf(api)).bytes.uploads).toBe(volume.length);
  });

  test('a tenant stores no more than its quota, however many uploads come at once', async () => {
    const api = await tenantWith('small', { maxStoredBytes: Math.floor(2.5 * volume.length) });
    const answers = await Promise.all(Array.from({ length: 6 }, () => api.tryUpload(volume)));
    const stored = answers.filter(({ status }) => status === 201).length;
    expect(stored).toBeLessThanOrEqual(2);
    const refused = answers.find(({ status }) => status !== 201);
    expect(refused).toMatchObject({
      status: 403,
      json: { type: '/problems/storage-quota-exceeded', quotaBytes: Math.floor(2.5 * volume.length) },
    });
    for (let left = 2 - stored; left > 0; left--) await api.upload(volume);
    // Without a length it is counted as it comes.
    const chunked = await api.fetch('/v1/volumes', {
      method: 'POST',
      headers: { 'Content-Type': 'application/octet-stream' },
      body: new Blob([Uint8Array.from(volume)]).stream(),
      ...{ duplex: 'half' },
    });
    expect(chunked.status).toBe(403);
    expect(await usageOf(api)).toMatchObject({
      quotaBytes: Math.floor(2.5 * volume.length),
      bytes: { uploads: 2 * volume.length, arriving: 0 },
    });
    const full = await tenantWith('full', { maxStoredBytes: 0 });
    const job = await full.send('POST', '/v1/jobs', { input: { uri: 'local://parse3d/x.nii' }, prompts: ['bone'] });
    expect(job).toMatchObject({ status: 403, json: { type: '/problems/storage-quota-exceeded', usedBytes: 0 } });
  });

  test('what has ended goes at the age that its tenant says', async () => {
    const api = await tenantWith('short', { retentionDays: 1e-6 });
    const id = (await api.submit({ input: { uri: await api.upload(volume) }, prompts: ['bone'] })).id;
    await eventually(async () => (await api.send('GET', `/v1/jobs/${id}`)).status === 410, { what: 'the job to go' });
    expect((await api.send('GET', `/v1/jobs/${id}`)).json).toMatchObject({ purgedBy: 'retention' });
  });

  test('with too little room on the disk nothing new is accepted, and what is there can be read and removed', async ({
    skip,
  }) => {
    if (gateway !== undefined) skip('an S3 store says that it is full when it is written to');
    const uri = await stack.api.upload(volume);
    const id = await segmented(stack.api, uri);
    const { url } = await stack.startApi({ PARSE3D_STORAGE_MARGIN: '900000TiB' });
    const api = new Api(url, stack.api.key);
    const full = { status: 503, json: { type: '/problems/storage-full', marginBytes: 900_000 * 2 ** 40 } };
    expect(await api.tryUpload(volume)).toMatchObject(full);
    expect(await api.send('POST', '/v1/jobs', { input: { uri }, prompts: ['bone'] })).toMatchObject(full);
    const batch = { source: { kind: 'items', items: [{ uri }] }, prompts: ['bone'] };
    expect(await api.send('POST', '/v1/batches', batch)).toMatchObject(full);
    expect(await api.send('GET', '/readyz')).toMatchObject({
      status: 200,
      json: { ready: true, checks: { room: { ok: false, detail: expect.stringContaining('storage-full') } } },
    });
    expect((await api.output(id, 'labels.nii.gz')).length).toBeGreaterThan(0);
    expect((await api.send('DELETE', `/v1/jobs/${id}?purge=true`)).status).toBe(200);
  });
}
