import fc from 'fast-check';
import { problemKinds } from '@parse3d/contract/problems';
import { assertNothingLeaks } from '@parse3d/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { mutated, odd, Schema, Values, wellFormed } from './support/arbitrary-request.js';
import { minioEvent } from './support/minio-event.js';
import { startStack, type Stack } from './support/stack.js';
import { phantomCtFile } from './support/volumes.js';

/** Requests to each operation. More by hand: `PARSE3D_TEST_REQUESTS=2000 npx vitest run test/api-properties.test.ts`. */
const REQUESTS = Number(process.env['PARSE3D_TEST_REQUESTS'] ?? 25);
const SEED = Number(process.env['PARSE3D_TEST_SEED'] ?? 13);
const TOKEN = 'token-of-the-storage-events';

const Parameter = z.object({ name: z.string(), in: z.string(), required: z.boolean().optional(), schema: Schema });
const Operation = z.object({
  parameters: z.array(Parameter).default([]),
  requestBody: z.object({ content: z.record(z.string(), z.object({ schema: Schema })) }).optional(),
  responses: z.record(z.string(), z.unknown()),
});
type Operation = z.infer<typeof Operation>;
const Document = z.object({
  paths: z.record(z.string(), z.record(z.string(), Operation)),
  components: z.object({ schemas: z.record(z.string(), Schema) }),
});

interface Sent {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}

let stack: Stack;
let values: Values;
let document: z.infer<typeof Document>;
beforeAll(async () => {
  stack = await startStack({
    workers: 0,
    env: { PARSE3D_EVENTS_TOKEN: TOKEN, PARSE3D_SCORE_TIMEOUT: '1s', PARSE3D_MAX_STREAMS_PER_KEY: '1000' },
  });
  const { api } = stack;
  document = Document.parse((await api.send('GET', '/openapi.json')).json);
  const uri = await api.upload(await phantomCtFile([8, 8, 8]));
  const folder = uri.slice(0, uri.lastIndexOf('/') + 1);
  const job = await api.submit({ input: { uri }, prompts: ['bone'] });
  const made = [
    await api.send('POST', '/v1/batches', { source: { kind: 'prefix', uri: folder }, prompts: ['bone'] }),
    await api.send('POST', '/v1/rules', {
      bucket: 'local://parse3d/',
      prefix: `uploads/default/`,
      job: { prompts: ['bone'] },
    }),
  ].map(({ json }) => z.string().parse(json['id']));
  const [batchId = '', ruleId = ''] = made;
  values = new Values(document.components.schemas, {
    'id of jobs': [job.id],
    'id of batches': [batchId],
    'id of rules': [ruleId],
    uri: [uri, folder],
    under: [folder],
    text: ['bone'],
    pack: ['ct-tissue'],
    // No request of this test leaves the machine.
    url: ['https://127.0.0.1/hook', 'http://localhost/', 'https://[::1]/'],
    token: [TOKEN],
  });
});
afterAll(async () => {
  await stack.stop();
  await assertNothingLeaks();
});

/** Any request to the operation: as its schema allows, or damaged in its path, query, headers, body or key. */
function requestTo(path: string, operation: Operation): fc.Arbitrary<Sent> {
  const parameters = operation.parameters.map((parameter) => {
    const allowed = values.of(
      parameter.schema,
      parameter.name === 'id' ? `id of ${path.split('/')[2]}` : parameter.name,
    );
    const value = fc.oneof({ weight: 4, arbitrary: allowed }, odd);
    return { ...parameter, value: parameter.in === 'path' ? value : fc.option(value, { nil: undefined }) };
  });
  const content = Object.entries(operation.requestBody?.content ?? {})[0];
  const schema = content?.[1].schema ?? {};
  const allowed = schema.format === 'binary' ? fc.string({ unit: 'binary' }) : values.of(schema);
  const body = content === undefined ? fc.constant(undefined) : fc.oneof(allowed, allowed.chain(mutated)).map(asText);
  const authorization = fc.oneof(
    { weight: 20, arbitrary: fc.constant(path === '/v1/events/storage' ? TOKEN : stack.api.key) },
    fc.constantFrom('', 'p3d_AAAAAAAAAAAA_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA', 'x'),
  );
  const type = fc.oneof(
    { weight: 10, arbitrary: fc.constant(content?.[0]) },
    fc.constantFrom('text/plain', 'application/json; charset=utf-7', 'multipart/form-data; boundary=x', undefined),
  );
  const cut = fc.option(fc.nat(200), { freq: 12, nil: undefined });
  return fc
    .tuple(fc.tuple(...parameters.map(({ value }) => value)), body, authorization, type, cut)
    .map(([chosen, whole, key, contentType, length]) => {
      const query = new URLSearchParams();
      const headers: Record<string, string> = { Authorization: `Bearer ${key}` };
      if (contentType !== undefined && whole !== undefined) headers['Content-Type'] = contentType;
      let url = path;
      for (const [index, { name, in: place }] of parameters.entries()) {
        const value = asText(chosen[index]);
        if (value === undefined) continue;
        if (place === 'path') url = url.replace(`{${name}}`, encodePart(value));
        else if (place === 'query') query.set(name, value);
        else headers[name] = value.replaceAll(/[^\u0020-\u007e]/g, '').trim();
      }
      return { path: query.size === 0 ? url : `${url}?${query.toString()}`, headers, body: whole?.slice(0, length) };
    });
}

/** One part of a path; a client cannot leave it empty or climb with it, and it fits the limits of a header. */
const encodePart = (value: string): string => {
  const encoded = encodeURIComponent(wellFormed(value).slice(0, 1_000)).replaceAll('.', '%2E');
  return encoded === '' ? '%20' : encoded;
};

const asText = (value: unknown): string | undefined =>
  value === undefined || typeof value === 'string' ? value : JSON.stringify(value);

const Body = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  requestId: z.string(),
});

async function check(method: string, path: string, { responses }: Operation, sent: Sent): Promise<number> {
  const response = await fetch(stack.api.url + sent.path, {
    method: method.toUpperCase(),
    headers: { ...sent.headers },
    redirect: 'manual',
    ...(sent.body === undefined ? {} : { body: sent.body }),
  });
  if (response.status === 200 && path.endsWith('/events')) {
    await response.body?.cancel();
    return 200;
  }
  const text = await response.text();
  expect(response.status, text).toBeLessThan(500);
  expect(Object.keys(responses), text).toContain(String(response.status));
  if (response.status < 400) return response.status;
  expect(response.headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
  const problem = Body.parse(JSON.parse(text));
  const kind = Object.entries(problemKinds).find(([code]) => problem.type === `/problems/${code}`)?.[1];
  expect(kind?.status, text).toBe(response.status);
  expect(problem.status).toBe(response.status);
  return response.status;
}

test('whatever is sent to whatever operation, the answer is a documented status, a problem where it is one, never a 5xx', async () => {
  const seen = new Map<string, number>();
  const failures: string[] = [];
  for (const [path, methods] of Object.entries(document.paths)) {
    for (const [method, operation] of Object.entries(methods)) {
      // Without a worker the service is not ready for everything, and says so with a 503 by design.
      if (path === '/readyz') continue;
      const property = fc.asyncProperty(requestTo(path, operation), async (sent) => {
        const status = await check(method, path, operation, sent);
        seen.set(`${status}`, (seen.get(`${status}`) ?? 0) + 1);
      });
      const found = await fc.check(property, { seed: SEED, numRuns: REQUESTS });
      if (found.failed) failures.push(`${method} ${path}: ${fc.defaultReportMessage(found)}`);
    }
  }
  expect(failures).toEqual([]);
  // Requests that are all refused at the door would prove little.
  expect(seen.get('200') ?? 0).toBeGreaterThan(50);
  expect(seen.get('202') ?? 0).toBeGreaterThan(0);
  expect((await stack.api.send('GET', '/healthz')).status).toBe(200);
}, 600_000);

test('whatever a storage event says of objects, it is taken or refused, and never to be sent again', async () => {
  const key = fc.oneof(fc.string({ unit: 'binary', maxLength: 60 }), odd.map(String));
  const event = fc
    .tuple(key, fc.constantFrom('parse3d', 'inbox', 'No_Bucket', ''), fc.boolean())
    .map(([name, bucket, below]) => minioEvent(wellFormed(below ? `uploads/default/${name}.nii` : name), bucket));
  await fc.assert(
    fc.asyncProperty(fc.oneof(event, event.chain(mutated)), async (body) => {
      const response = await fetch(`${stack.api.url}/v1/events/storage`, {
        method: 'POST',
        headers: { Authorization: `Bearer ${TOKEN}`, 'Content-Type': 'application/json' },
        body: JSON.stringify(body),
      });
      expect([200, 400, 403], await response.text()).toContain(response.status);
    }),
    { seed: SEED, numRuns: 4 * REQUESTS },
  );
}, 600_000);
