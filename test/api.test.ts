import { randomUUID } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { blobKeys } from '@parse3d/contract';
import { writeJson } from '@parse3d/storage';
import { assertNothingLeaks, eventually, scratchFolder, type ScratchFolder } from '@parse3d/testing';
import { z } from 'zod';
import { Api } from './support/api.js';
import { startStack, type Stack } from './support/stack.js';
import { phantomCtFile } from './support/volumes.js';

let stack: Stack;
let packs: ScratchFolder;
let uri: string;
beforeAll(async () => {
  packs = await scratchFolder('api-packs');
  await mkdir(join(packs.path, 'broken'));
  await writeFile(join(packs.path, 'broken/pack.json'), '{"schemaVersion":1}');
  stack = await startStack({ workers: 0, env: { PARSE3D_MAX_UPLOAD_BYTES: '1MiB' }, packs: [packs.path] });
  uri = await stack.api.upload(await phantomCtFile([16, 16, 8]));
});
afterAll(async () => {
  await stack.stop();
  await packs.remove();
  await assertNothingLeaks();
});

test('no key, a wrong key and a key without the scope are told apart', async () => {
  const body = { input: { uri }, prompts: ['bone'] };
  for (const key of ['', 'p3d_AAAAAAAAAAAA_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA']) {
    const answer = await new Api(stack.api.url, key).send('POST', '/v1/jobs', body);
    expect(answer).toMatchObject({ status: 401, json: { type: '/problems/unauthorized' } });
    expect(answer.headers.get('www-authenticate')).toContain('Bearer');
  }
  const reader = await stack.client({ scopes: ['jobs:read'] });
  expect(await reader.send('POST', '/v1/jobs', body)).toMatchObject({
    status: 403,
    json: { type: '/problems/forbidden', scope: 'jobs:write' },
  });
});

test('a client that sends a large body without a valid key gets the answer, not a broken connection', async () => {
  const answer = await new Api(stack.api.url, 'none').tryUpload(new Uint8Array(24 * 1024 * 1024));
  expect(answer).toMatchObject({ status: 401, json: { type: '/problems/unauthorized' } });
});

test('a prompt that the pack cannot find is refused with the nearest names', async () => {
  const answer = await stack.api.send('POST', '/v1/jobs', { input: { uri }, prompts: ['bone', 'bonne'] });
  expect(answer).toMatchObject({ status: 422, json: { type: '/problems/prompt-unknown' } });
  expect(JSON.stringify(answer.json)).toContain('"bone"');
});

test('a text that cannot be a prompt is refused with its place at every door', async () => {
  const bad = 'bo\0ne';
  const job = { prompts: ['bone', bad] };
  const items = [{ uri }, { uri, prompts: ['bone', { text: bad }] }];
  const image = (await phantomCtFile([16, 16, 8])).toString('base64');
  const score = { columns: ['image', 'text'], data: [[image, `bone & ${bad}`]] };
  for (const [path, body, place] of [
    ['/v1/jobs', { input: { uri }, ...job }, 'prompts.1'],
    ['/v1/batches', { source: { kind: 'items', items: [{ uri }] }, ...job }, 'prompts.1'],
    ['/v1/batches', { source: { kind: 'items', items } }, 'source.items.1.prompts.1.text'],
    ['/v1/rules', { bucket: 'local://inbox/', job }, 'job.prompts.1'],
    ['/score', { input_data: score, params: {} }, 'prompts.1'],
  ] as const) {
    const answer = await stack.api.send('POST', path, body);
    expect(answer, path).toMatchObject({ status: 400, json: { type: '/problems/request-invalid' } });
    expect(answer.json['detail'], path).toContain(`${place}: expected plain text, character 3 is U+0000`);
  }
});

test('unknown packs, modalities and fields are refused, each by its own problem', async () => {
  const refuse = async (body: unknown, status: number, slug: string): Promise<void> => {
    const answer = await stack.api.send('POST', '/v1/jobs', body);
    expect({ status: answer.status, type: answer.json['type'] }).toEqual({ status, type: `/problems/${slug}` });
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
    expect(answer.json['requestId']).toBe(answer.headers.get('x-request-id'));
  };
  const prompts = ['bone'];
  await refuse({ input: { uri }, prompts, pack: 'ct-tisue' }, 422, 'pack-unknown');
  await refuse({ input: { uri }, prompts, modality: 'mr' }, 422, 'modality-unsupported');
  await refuse({ input: { uri }, prompts, colour: 'red' }, 400, 'request-invalid');
  await refuse({ input: { uri }, prompts: [] }, 400, 'request-invalid');
  await refuse({ input: { uri }, prompts: [{ text: 'bone', label: 0 }] }, 400, 'request-invalid');
  const twice = [
    { text: 'bone', label: 3 },
    { text: 'fat', label: 3 },
  ];
  await refuse({ input: { uri }, prompts: twice }, 400, 'request-invalid');
  await refuse({ input: { uri: 'https://example.org/x.nii' }, prompts }, 400, 'request-invalid');
  await refuse({ input: { uri: `${uri}.other` }, prompts }, 422, 'volume-missing');
  await refuse({ input: { uri: 'local://elsewhere/x.nii' }, prompts }, 403, 'input-not-allowed');
});

test('no grant reaches the service’s own records, and no key leaves its folder', async () => {
  const own = `${stack.stores.primary.scheme}://${stack.stores.primary.bucket}/`;
  const greedy = await stack.client({ inputs: [own] });
  for (const path of ['keys/a.json', 'results/x/1/manifest.json', 'uploads/default/../../keys/a.json']) {
    const answer = await greedy.send('POST', '/v1/jobs', { input: { uri: own + path }, prompts: ['bone'] });
    expect(answer.status, path).toBeGreaterThanOrEqual(400);
    expect(['/problems/input-not-allowed', '/problems/blob-key-invalid']).toContain(answer.json['type']);
  }
});

test('a batch reads and lists nothing that its key may not see, and a refusal names nothing of it', async () => {
  const { primary } = stack.stores;
  const own = `${primary.scheme}://${primary.bucket}/`;
  const foreign = 'uploads/other/list.jsonl';
  await primary.write(foreign, Buffer.from(`${JSON.stringify({ uri: 'local://elsewhere/Jane_Doe.nii' })}\n`));
  const greedy = await stack.client({ tenant: 'greedy', inputs: [own, `${primary.scheme}://scans/one/`] });
  for (const source of [
    { kind: 'manifest', uri: own + foreign },
    { kind: 'manifest', uri: `${own}keys/none.json` },
    { kind: 'prefix', uri: `${own}keys/`, pattern: '**/*' },
    { kind: 'prefix', uri: own, pattern: '**/*' },
    { kind: 'bids', uri: `${primary.scheme}://scans/` },
  ]) {
    const answer = await greedy.send('POST', '/v1/batches', { source, prompts: ['bone'] });
    expect(answer).toMatchObject({ status: 403, json: { type: '/problems/input-not-allowed', uri: source.uri } });
    expect(JSON.stringify(answer.json)).not.toMatch(/Jane/);
  }
});

test('a body that is not JSON, a method that is not offered and a path that is not there say so', async () => {
  const broken = await stack.api.fetch('/v1/jobs', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: '{"input":',
  });
  expect(broken.status).toBe(400);
  expect(await broken.json()).toMatchObject({ type: '/problems/request-invalid' });
  expect(await stack.api.send('GET', '/v1/nothing')).toMatchObject({ status: 404 });
  expect(await stack.api.send('GET', '/v1/jobs/not-a-uuid')).toMatchObject({ status: 400 });
});

test('uploads that are too large, empty, of another type or no volume are refused and not kept', async () => {
  const before = (await stack.stores.primary.list({ prefix: 'uploads/' })).blobs.length;
  expect(await stack.api.tryUpload(new Uint8Array(2 * 1024 * 1024))).toMatchObject({ status: 413 });
  expect(await stack.api.tryUpload(new Uint8Array(0))).toMatchObject({ status: 400 });
  expect(await stack.api.tryUpload(Buffer.from('not a volume at all, only some text'))).toMatchObject({ status: 422 });
  expect(await stack.api.send('POST', '/v1/volumes', {})).toMatchObject({ status: 415 });
  // Without a declared length the limit must hold while the body streams in.
  const stream = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.enqueue(new Uint8Array(64 * 1024)),
  });
  const endless = await stack.api
    .fetch('/v1/volumes', {
      method: 'POST',
      headers: { 'Content-Type': 'application/octet-stream' },
      body: stream,
      duplex: 'half',
    })
    .then(
      (response) => response.status,
      () => 'connection closed',
    );
  expect([413, 'connection closed']).toContain(endless);
  expect((await stack.stores.primary.list({ prefix: 'uploads/' })).blobs).toHaveLength(before);
});

test('an upload tells what it is', async () => {
  const answer = await stack.api.tryUpload(await phantomCtFile([16, 12, 8], 'phantom.nii'));
  expect(answer).toMatchObject({
    status: 201,
    json: { datatype: 'int16', geometry: { shape: [16, 12, 8] }, bytes: 352 + 16 * 12 * 8 * 2 },
  });
  expect(answer.json['uri']).toMatch(/^local:\/\/parse3d\/uploads\/default\/[0-9a-f-]{36}\/volume\.nii$/);
});

test('packs tell what they can find', async () => {
  const { json } = await stack.api.send('GET', '/v1/packs');
  const packs = z
    .array(z.looseObject({ id: z.string(), default: z.boolean(), targets: z.array(z.unknown()) }))
    .parse(json['packs']);
  const tissue = packs.find(({ id }) => id === 'ct-tissue');
  expect(tissue?.default).toBe(true);
  expect(tissue?.targets).toEqual(expect.arrayContaining([expect.objectContaining({ name: 'bone' })]));
});

test('liveness, readiness, metrics and the API’s own description need no key', async () => {
  const open = new Api(stack.api.url, '');
  expect(await open.send('GET', '/healthz')).toMatchObject({ status: 200 });
  const ready = await open.send('GET', '/readyz');
  expect(ready).toMatchObject({ status: 200, json: { ready: true } });
  expect(JSON.stringify(ready.json['warnings'])).toContain('no worker');
  const metrics = await fetch(`http://127.0.0.1:${String(stack.apiService.hello['metricsPort'])}/metrics`);
  const text = await metrics.text();
  expect(text).toContain('parse3d_pending_jobs');
  // The only api process leads.
  expect(text).toMatch(/^parse3d_feeder_leading 1$/m);
  const { json } = await open.send('GET', '/openapi.json');
  expect(json).toMatchObject({ openapi: '3.1.0' });
  const page = await fetch(`${stack.api.url}/docs`);
  expect(page.headers.get('content-security-policy')).toContain("default-src 'self'");
  for (const asset of ['/docs/swagger-ui-bundle.js', '/docs/swagger-ui.css', '/docs/start.js']) {
    expect((await fetch(stack.api.url + asset)).status).toBe(200);
  }
});

test('every path and method of the description is answered by the server', async () => {
  const { json } = await stack.api.send('GET', '/openapi.json');
  const paths = z.record(z.string(), z.record(z.string(), z.unknown())).parse(json['paths']);
  for (const [path, methods] of Object.entries(paths)) {
    for (const method of Object.keys(methods)) {
      const url = path
        .replace('{id}', '00000000-0000-4000-8000-000000000000')
        .replace('{name}', path.includes('batches') ? 'results.jsonl' : 'labels.nii.gz');
      const response = await stack.api.fetch(url, { method: method.toUpperCase() });
      const body = await response.text();
      // An unknown route says "nothing answers"; an unknown job says "there is no job".
      expect(body, `${method} ${path}`).not.toContain('nothing answers');
    }
  }
});

test('a record of our own that cannot be read is our fault, never the client’s', async () => {
  const id = '00000000-0000-4000-8000-00000000000a';
  const damaged = Buffer.from(JSON.stringify({ id, tenant: 'default', from: 'tomorrow' }));
  await stack.stores.primary.write(blobKeys.webhook('default', id), damaged);
  const answer = await stack.api.send('GET', `/v1/webhooks/${id}`);
  expect(answer.status).toBe(500);
  expect(answer.json['type']).not.toBe('/problems/request-invalid');
  expect(answer.json).not.toHaveProperty('faults');
});

test('the task catalogue completes a prompt, by modality', async () => {
  const answer = await stack.api.send('GET', '/v1/tasks?modality=ct&q=left%20kid&limit=2');
  expect(answer).toMatchObject({
    status: 200,
    json: {
      tasks: [
        { prompt: 'left kidney', side: 'left', group: 'urogenital and endocrine', window: 'soft-tissue' },
        { modality: 'ct', side: 'left' },
      ],
    },
  });
  expect(answer.json['notice']).toContain('research use only');
  const all = await stack.api.send('GET', '/v1/tasks?limit=500');
  expect(all.json['tasks']).toHaveLength(Number(all.json['total']));
  const wrong = await stack.api.send('GET', '/v1/tasks?modality=xray');
  expect(wrong).toMatchObject({ status: 400, json: { type: '/problems/request-invalid' } });
  const stranger = await stack.client({ scopes: ['jobs:read'] });
  expect(await stranger.send('GET', '/v1/tasks')).toMatchObject({ status: 403, json: { scope: 'packs:read' } });
});

test('a pack that cannot be used is reported without the path where it lies', async () => {
  const { status, json } = await new Api(stack.api.url, '').send('GET', '/readyz');
  expect(status).toBe(200);
  expect(JSON.stringify(json['warnings'])).toMatch(/pack broken is not usable: /);
  expect(JSON.stringify(json)).not.toContain(packs.path);
});

test('a manifest of the next version is read, and one that cannot be read is the service’s own fault', async () => {
  const { primary } = stack.stores;
  const jobId = randomUUID();
  const manifest = {
    schemaVersion: 1,
    jobId,
    run: 1,
    tenant: 'default',
    attemptId: 'a',
    createdAt: '2026-03-01T10:00:00.000Z',
    finishedAt: '2026-03-01T10:01:00.000Z',
    input: { uri, etag: 'e', bytes: 1, tide: 'of tomorrow' },
    prompts: [{ text: 'bone', label: 1 }],
    pack: { id: 'ct-tissue', version: '1.0.0' },
    modality: 'ct',
    outputOptions: { labels: true, masks: false, probabilities: 'none', preview: true, holograms: 'of tomorrow' },
    options: { seed: 0 },
    lane: 'interactive',
    metadata: {},
    requestSha256: 'x',
    software: { name: 'parse3d', version: '9.0.0' },
    notice: 'For research use only',
    status: 'canceled',
    canceledBy: 'somebody of tomorrow',
  };
  const key = blobKeys.manifest(jobId, 1);
  await writeJson(primary, key, manifest);
  expect(await stack.api.send('GET', `/v1/jobs/${jobId}`)).toMatchObject({
    status: 200,
    json: { id: jobId, status: 'canceled', pack: { id: 'ct-tissue' } },
  });

  await writeJson(primary, key, { ...manifest, schemaVersion: 2 });
  expect(await stack.api.send('GET', `/v1/jobs/${jobId}`)).toMatchObject({
    status: 500,
    json: { type: '/problems/record-invalid', key },
  });
  const log = join(stack.scratch, '..', 'services.log');
  await eventually(async () => (await readFile(log, 'utf8')).includes(key), { what: 'the log to name the record' });
});
