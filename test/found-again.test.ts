import { createHash, randomUUID } from 'node:crypto';
import { NewLink, SessionView } from '@parse3d/contract';
import { ApiKeys, Links, Sessions } from '@parse3d/platform/access';
import { assertNothingLeaks, eventually } from '@parse3d/testing';
import { unzipSync } from 'fflate';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Api } from './support/api.js';
import { startStack, type Stack } from './support/stack.js';
import { phantomCtFile } from './support/volumes.js';

let stack: Stack;
let client: Api;
let keys: ApiKeys;
let file: Buffer;
let uri: string;
let jobId: string;
let otherId: string;
beforeAll(async () => {
  stack = await startStack();
  client = await stack.client({ tenant: 'sharer' });
  keys = new ApiKeys(stack.stores.primary);
  file = await phantomCtFile([24, 20, 16]);
  uri = await client.upload(file);
  jobId = (await client.submit({ input: { uri }, prompts: ['bone', 'the lungs'], outputs: { masks: true } })).id;
  otherId = (await client.submit({ input: { uri }, prompts: ['fat'] })).id;
  for (const id of [jobId, otherId]) await client.ended(id);
});
afterAll(async () => {
  await stack.stop();
  await assertNothingLeaks();
});

/** A request as a browser sends it, with nothing that the test does not name. */
const ask = (method: string, path: string, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(`${stack.api.url}${path}`, { method, headers });
const keyRecord = async (api: Api) => {
  const record = await keys.verify(api.key);
  if (record === undefined) throw new Error('no such key');
  return record;
};

describe('a session of a browser', () => {
  const page = { 'X-Parse3d-Page': '1' };
  const signIn = async (api: Api): Promise<{ cookie: string; attributes: string }> => {
    const answer = await ask('POST', '/v1/session', { Authorization: `Bearer ${api.key}` });
    expect(answer.status).toBe(201);
    const [set = ''] = answer.headers.getSetCookie();
    return { cookie: set.split(';', 1)[0] ?? '', attributes: set.slice(set.indexOf(';')) };
  };

  test('begins with a key, is kept in a cookie that no script and no other site can use, and ends by signing out', async () => {
    const { cookie, attributes } = await signIn(client);
    expect(cookie).not.toContain(client.key);
    expect(attributes).toMatch(/HttpOnly/);
    expect(attributes).toMatch(/SameSite=Strict/);
    expect(attributes).toMatch(/Path=\//);
    const view = SessionView.parse(await (await ask('GET', '/v1/session', { Cookie: cookie })).json());
    expect(view).toMatchObject({ tenant: 'sharer', keyId: (await keyRecord(client)).id });
    expect((await ask('GET', `/v1/jobs/${jobId}`, { Cookie: cookie })).status).toBe(200);
    // Behind TLS the cookie is for TLS alone.
    const behind = await ask('POST', '/v1/session', {
      Authorization: `Bearer ${client.key}`,
      'X-Forwarded-Proto': 'https',
    });
    expect(behind.headers.getSetCookie()[0]).toContain('; Secure');
    const out = await ask('DELETE', '/v1/session', { Cookie: cookie, ...page });
    expect(out.status).toBe(204);
    expect(out.headers.getSetCookie()[0]).toMatch(/Expires=Thu, 01 Jan 1970/);
    expect((await ask('GET', `/v1/jobs/${jobId}`, { Cookie: cookie })).status).toBe(401);
  });

  test('changes nothing when another origin makes the browser ask, nor without the header of the page', async () => {
    const { cookie } = await signIn(client);
    const path = `/v1/jobs/${otherId}?purge=true`;
    const own = new URL(stack.api.url).origin;
    const refused: Record<string, string>[] = [
      {},
      { ...page, Origin: 'https://elsewhere.example' },
      { ...page, Origin: 'null' },
      { ...page, Origin: own.replace(/\d+$/, '1') },
      { ...page, 'Sec-Fetch-Site': 'same-site' },
      { ...page, 'Sec-Fetch-Site': 'cross-site', Origin: own },
    ];
    for (const headers of refused) {
      const answer = await ask('DELETE', path, { Cookie: cookie, ...headers });
      expect(answer.status, JSON.stringify(headers)).toBe(403);
      expect(await answer.json()).toMatchObject({ type: '/problems/forbidden' });
    }
    // Reading is refused too where the browser says that another site asks.
    const read = await ask('GET', `/v1/jobs/${jobId}`, { Cookie: cookie, 'Sec-Fetch-Site': 'cross-site' });
    expect(read.status).toBe(403);
    expect((await ask('DELETE', '/v1/session', { Cookie: cookie, Origin: 'https://elsewhere.example' })).status).toBe(
      403,
    );
    expect((await client.job(otherId)).status).toBe('completed');
    const answer = await ask('DELETE', path, { Cookie: cookie, ...page, Origin: own, 'Sec-Fetch-Site': 'same-origin' });
    expect(answer.status).toBe(200);
    otherId = (await client.submit({ input: { uri }, prompts: ['fat'] })).id;
    await client.ended(otherId);
  });

  test('begins with no other session, has the scopes of its key, and ends when it expires or with its key', async () => {
    const reader = await stack.client({ tenant: 'sharer', scopes: ['jobs:read'] });
    const { cookie } = await signIn(reader);
    const again = await ask('POST', '/v1/session', { Cookie: cookie, ...page });
    expect(again.status).toBe(403);
    expect((await ask('DELETE', `/v1/jobs/${jobId}?purge=true`, { Cookie: cookie, ...page })).status).toBe(403);
    const record = await keyRecord(reader);
    const name = cookie.split('=', 1)[0] ?? '';
    const expired = await new Sessions(stack.stores.primary, keys).open(record, 1);
    expect((await ask('GET', '/v1/session', { Cookie: `${name}=${expired.token}` })).status).toBe(401);
    const forged = cookie.slice(0, -1) + (cookie.endsWith('A') ? 'E' : 'A');
    expect((await ask('GET', '/v1/session', { Cookie: `${forged}; x=1` })).status).toBe(401);
    await keys.revoke(record);
    // Servers follow within two seconds.
    await eventually(async () => (await ask('GET', '/v1/session', { Cookie: cookie })).status === 401, {
      what: 'the session to end with its key',
    });
  });

  test('is the hundredth of its key at most: one more ends the oldest', async () => {
    const record = await keyRecord(await stack.client({ tenant: 'sharer' }));
    const sessions = new Sessions(stack.stores.primary, keys, 0);
    const first = await sessions.open(record, 60_000);
    await eventually(() => Promise.resolve(Date.now() > Date.parse(first.record.createdAt)), { what: 'the next ms' });
    let last = first;
    for (let n = 0; n < 99; n++) last = await sessions.open(record, 60_000);
    expect(await sessions.verify(first.token)).toBeDefined();
    last = await sessions.open(record, 60_000);
    expect(await sessions.verify(first.token)).toBeUndefined();
    expect(await sessions.verify(last.token)).toBeDefined();
    const kept = await stack.stores.primary.list({ prefix: `sessions/${record.id}/`, limit: 200 });
    expect(kept.blobs).toHaveLength(100);
  }, 30_000);
});

test('all outputs come as one zip file under names that say their prompts, and what was found as a table', async () => {
  const answer = await client.fetch(`/v1/jobs/${jobId}/archive`);
  expect(answer.headers.get('content-type')).toBe('application/zip');
  expect(answer.headers.get('content-disposition')).toContain(`parse3d-${jobId.slice(0, 8)}.zip`);
  const files = unzipSync(new Uint8Array(await answer.arrayBuffer()));
  const manifest = await client.manifest(jobId);
  if (manifest.status !== 'completed') throw new Error(manifest.status);
  const given = Object.keys(files);
  expect(given).toHaveLength(
    new Set([...manifest.outputs.map(({ name }) => name), 'findings.csv', 'manifest.json']).size,
  );
  expect(given).toEqual(expect.arrayContaining(['mask-1-bone.nii.gz', 'mask-2-the-lungs.nii.gz', 'labels.nii.gz']));
  const mask = manifest.outputs.find(({ name }) => name === 'mask-2.nii.gz');
  const digest = createHash('sha256')
    .update(files['mask-2-the-lungs.nii.gz'] ?? '')
    .digest('hex');
  expect(digest).toBe(mask?.sha256);
  expect(JSON.parse(Buffer.from(files['manifest.json'] ?? []).toString())).toEqual(manifest);
  const table = await (await client.fetch(`/v1/jobs/${jobId}/findings.csv`)).text();
  expect(table.split('\n').map((line) => line.split(',').slice(0, 2).join(','))).toEqual([
    'label,prompt',
    '1,bone',
    '2,the lungs',
    '',
  ]);
  expect(Buffer.from(files['findings.csv'] ?? []).toString()).toBe(table);
  // Another client is not kept waiting by one that leaves in the middle.
  const left = new AbortController();
  const leaving = client.fetch(`/v1/jobs/${jobId}/archive`, { signal: left.signal });
  await leaving.then((response) => response.body?.cancel());
  left.abort();
  expect((await client.fetch(`/v1/jobs/${jobId}/archive`)).status).toBe(200);
  // An output that is gone breaks the file off, and nothing else.
  const gone = await client.submit({ input: { uri }, prompts: ['fat'] });
  await client.ended(gone.id);
  const lost = await client.manifest(gone.id);
  if (lost.status !== 'completed') throw new Error(lost.status);
  for (const { key } of lost.outputs) await stack.stores.primary.delete(key);
  const broken = client.fetch(`/v1/jobs/${gone.id}/archive`).then((response) => response.arrayBuffer());
  await expect(broken.then((bytes) => unzipSync(new Uint8Array(bytes)))).rejects.toThrow();
  expect((await client.fetch(`/v1/jobs/${jobId}/archive`)).status).toBe(200);
  const cut = await client.upload(file.subarray(0, file.length - 20));
  const failed = await client.submit({ input: { uri: cut }, prompts: ['bone'] });
  expect((await client.ended(failed.id)).status).toBe('failed');
  for (const path of ['archive', 'findings.csv']) {
    expect((await client.send('GET', `/v1/jobs/${failed.id}/${path}`)).status).toBe(409);
  }
});

describe('a link to one job', () => {
  const make = async (api: Api, days = 7): Promise<NewLink> => {
    const answer = await api.send('POST', `/v1/jobs/${jobId}/links`, { days });
    expect(answer.status).toBe(201);
    return NewLink.parse(answer.json);
  };
  const open = (token: string, path: string, method = 'GET'): Promise<Response> =>
    ask(method, path, { Authorization: `Bearer ${token}` });

  test('reads the job, its outputs and its volume, and opens nothing else', async () => {
    const { token, url } = await make(client);
    expect(url).toBe(`/shared/${jobId}#${token}`);
    expect(await (await open(token, `/v1/jobs/${jobId}`)).json()).toMatchObject({ id: jobId, status: 'completed' });
    expect((await open(token, `/v1/jobs/${jobId}/outputs/manifest.json`)).status).toBe(200);
    const labels = Buffer.from(await (await open(token, `/v1/jobs/${jobId}/outputs/labels.nii.gz`)).arrayBuffer());
    expect(labels.equals(await client.output(jobId, 'labels.nii.gz'))).toBe(true);
    const volume = Buffer.from(await (await open(token, `/v1/jobs/${jobId}/input`)).arrayBuffer());
    expect(volume.equals(file)).toBe(true);
    for (const path of [
      `/v1/jobs/${otherId}`,
      `/v1/jobs/${otherId}/outputs/labels.nii.gz`,
      `/v1/jobs/${otherId}/input`,
      `/v1/jobs/${randomUUID()}`,
      '/v1/jobs',
      `/v1/jobs/${jobId}/links`,
      `/v1/volumes/content?uri=${encodeURIComponent(uri)}`,
      '/v1/volumes',
      '/v1/session',
      '/v1/status',
    ]) {
      expect((await open(token, path)).status, path).toBe(403);
    }
    for (const [method, path] of [
      ['DELETE', `/v1/jobs/${jobId}?purge=true`],
      ['POST', `/v1/jobs/${jobId}/retry`],
      ['POST', `/v1/jobs/${jobId}/links`],
      ['POST', '/v1/jobs'],
      ['POST', '/v1/session'],
    ] as const) {
      expect((await open(token, path, method)).status, path).toBe(403);
    }
  });

  test('ends when it is revoked, expires, or its key ends; one that is made up opens nothing', async () => {
    const status = async (token: string): Promise<number> => (await open(token, `/v1/jobs/${jobId}`)).status;
    const { token, id } = await make(client);
    expect(await status(token)).toBe(200);
    expect(await status(`${token.slice(0, -1)}${token.endsWith('A') ? 'B' : 'A'}`)).toBe(401);
    expect(await status(token.replace(jobId, otherId))).toBe(401);
    const revoked = await client.fetch(`/v1/jobs/${jobId}/links/${id}`, { method: 'DELETE' });
    expect(revoked.status).toBe(204);
    expect(await status(token)).toBe(401);
    const missing = await client.fetch(`/v1/jobs/${jobId}/links/${id}`, { method: 'DELETE' });
    expect(missing.status).toBe(404);

    const expired = await new Links(stack.stores.primary, keys).create(jobId, await keyRecord(client), 1);
    expect(await status(expired.token)).toBe(401);
    const { json } = await client.send('GET', `/v1/jobs/${jobId}/links`);
    expect(json).toMatchObject({ links: [{ expired: false }, { id: expired.record.id, expired: true }] });
    expect(JSON.stringify(json)).not.toContain(expired.record.sha256);

    const colleague = await stack.client({ tenant: 'sharer' });
    const theirs = await make(colleague);
    expect(await status(theirs.token)).toBe(200);
    await keys.revoke(await keyRecord(colleague));
    await eventually(async () => (await status(theirs.token)) === 401, { what: 'the link to end with its key' });
  });

  test('revoked, breaks off what it has open, and takes no stream of its key; so does a session that is signed out', async () => {
    const [worker] = stack.workers;
    worker?.kill('SIGSTOP');
    try {
      const { id } = await client.submit({ input: { uri }, prompts: ['soft tissue'] });
      const link = NewLink.parse((await client.send('POST', `/v1/jobs/${id}/links`)).json);
      const session = await new Sessions(stack.stores.primary, keys).open(await keyRecord(client), 60_000);
      const byLink = { Authorization: `Bearer ${link.token}` };
      const byCookie = { Cookie: `parse3d-session-${new URL(stack.api.url).port}=${session.token}` };
      const follow = (headers: Record<string, string>): Promise<Response> =>
        ask('GET', `/v1/jobs/${id}/events`, headers);
      const streams: Response[] = [];
      let answer = await follow(byLink);
      for (; answer.status === 200 && streams.length < 500; answer = await follow(byLink)) streams.push(answer);
      expect(answer.status).toBe(429);
      const signedIn = await follow(byCookie);
      expect(signedIn.status).toBe(200);
      const over = Promise.allSettled([...streams, signedIn].map((stream) => stream.text()));
      expect((await client.fetch(`/v1/jobs/${id}/links/${link.id}`, { method: 'DELETE' })).status).toBe(204);
      expect((await ask('DELETE', '/v1/session', { ...byCookie, 'X-Parse3d-Page': '1' })).status).toBe(204);
      expect(new Set((await over).map(({ status }) => status))).toEqual(new Set(['rejected']));
      expect(await client.job(id)).toMatchObject({ status: 'waiting' });
    } finally {
      worker?.kill('SIGCONT');
    }
  }, 30_000);

  test('is made by who may write, for jobs of its own tenant, with an end in sight', async () => {
    const reader = await stack.client({ tenant: 'sharer', scopes: ['jobs:read'] });
    expect((await reader.send('POST', `/v1/jobs/${jobId}/links`)).status).toBe(403);
    const stranger = await stack.client({ tenant: 'stranger' });
    expect((await stranger.send('POST', `/v1/jobs/${jobId}/links`)).status).toBe(404);
    expect((await stranger.send('GET', `/v1/jobs/${jobId}/links`)).status).toBe(404);
    expect((await client.send('POST', `/v1/jobs/${jobId}/links`, { days: 91 })).status).toBe(400);
    expect((await client.send('POST', `/v1/jobs/${jobId}/links`, { days: 0 })).status).toBe(400);
  });

  test('goes with its job', async () => {
    const job = await client.submit({ input: { uri }, prompts: ['air'] });
    await client.ended(job.id);
    const { json } = await client.send('POST', `/v1/jobs/${job.id}/links`);
    const { token } = NewLink.parse(json);
    expect((await client.fetch(`/v1/jobs/${job.id}?purge=true`, { method: 'DELETE' })).status).toBe(200);
    const left = await stack.stores.primary.list({ prefix: `links/${job.id}/`, limit: 10 });
    expect(left.blobs).toEqual([]);
    expect([401, 410]).toContain((await open(token, `/v1/jobs/${job.id}`)).status);
  });
});
