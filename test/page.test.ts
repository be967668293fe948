import { randomUUID } from 'node:crypto';
import { brotliDecompressSync } from 'node:zlib';
import { ServiceStatus, VolumeListing } from '@parse3d/contract';
import { assertNothingLeaks, eventually } from '@parse3d/testing';
import { get } from 'node:http';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startStack, type Stack } from './support/stack.js';
import { uploadFolder } from './support/uploads.js';
import { phantomCtFile } from './support/volumes.js';

let stack: Stack;
let file: Buffer;
beforeAll(async () => {
  stack = await startStack();
  file = await phantomCtFile([12, 10, 8]);
});
afterAll(async () => {
  await stack.stop();
  await assertNothingLeaks();
});

const listing = async (under?: string, after?: string): Promise<VolumeListing> => {
  const query = new URLSearchParams({
    ...(under === undefined ? {} : { under }),
    ...(after === undefined ? {} : { after }),
  });
  const { status, json } = await stack.api.send('GET', `/v1/volumes?${query.toString()}`);
  if (status !== 200) throw new Error(JSON.stringify(json));
  return VolumeListing.parse(json);
};

/** A folder in the tenant's uploads with these files. */
async function folderOf(names: readonly string[]): Promise<string> {
  const files = Object.fromEntries(names.map((name) => [name, file]));
  return (await uploadFolder(stack.stores.primary, files)).uri;
}

/** As a browser asks: `fetch` would unpack what comes. */
function raw(
  path: string,
  encoding: string,
): Promise<{ headers: Record<string, unknown>; status: number; body: Buffer }> {
  return new Promise((resolve, reject) => {
    get(`${stack.api.url}${path}`, { headers: { 'Accept-Encoding': encoding } }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () =>
        resolve({ headers: response.headers, status: response.statusCode ?? 0, body: Buffer.concat(chunks) }),
      );
    }).on('error', reject);
  });
}

test('every view of the page is served under a policy that allows nothing from elsewhere', async () => {
  for (const path of ['/', '/jobs', `/jobs/${randomUUID()}`, '/batches', `/batches/${randomUUID()}`, '/status']) {
    const response = await fetch(`${stack.api.url}${path}`);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toContain('text/html');
    const policy = response.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self';");
    expect(policy).not.toMatch(/unsafe|https?:|\*/);
    expect(await response.text()).not.toMatch(/(src|href)="(https?:)?\/\//);
  }
});

test('files of the page come compressed and never expire; one that is not there is a plain answer', async () => {
  const html = await (await fetch(stack.api.url)).text();
  const script = /src="(\/assets\/[^"]+\.js)"/.exec(html)?.[1] ?? '';
  const packed = await raw(script, 'gzip, br');
  expect(packed.headers).toMatchObject({ 'content-encoding': 'br', vary: 'Accept-Encoding' });
  expect(packed.headers['content-type']).toContain('javascript');
  expect(packed.headers['cache-control']).toContain('immutable');
  const plain = await raw(script, 'identity');
  expect(plain.headers['content-encoding']).toBeUndefined();
  expect(brotliDecompressSync(packed.body).equals(plain.body)).toBe(true);
  const missing = await raw('/assets/none.js', 'gzip, br');
  expect(missing.status).toBe(404);
  expect(JSON.parse(missing.body.toString())).toMatchObject({ type: '/problems/not-found' });
});

test('the first screen needs little: the viewer is loaded apart', async () => {
  const html = await (await fetch(stack.api.url)).text();
  const files = [...html.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)].map((match) => match[1] ?? '');
  const sizes = await Promise.all(files.map(async (path) => (await raw(path, 'br')).body.length));
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(60_000);
});

test('volumes are listed a level at a time, and what is no volume is left out', async () => {
  const under = await folderOf(['b.nii.gz', 'a.nii', 'notes.txt', 'deep/er/c.nii.gz', 'deep/d.nii.gz', 'z.nii']);
  const { folders, volumes, next } = await listing(under);
  expect(folders).toEqual([`${under}deep/`]);
  expect(volumes.map(({ uri }) => uri.slice(under.length))).toEqual(['a.nii', 'b.nii.gz', 'z.nii']);
  expect(volumes[0]?.bytes).toBe(file.length);
  expect(next).toBeUndefined();
  expect((await listing(`${under}deep/`)).folders).toEqual([`${under}deep/er/`]);
  expect((await listing()).folders).toContain(under.split('/').slice(0, 5).join('/') + '/');
});

test('a long listing goes on where it stopped, over folders too', async () => {
  const names = Array.from({ length: 230 }, (_, index) => `f${String(index).padStart(3, '0')}`);
  const under = await folderOf(names.map((name, index) => (index % 2 === 0 ? `${name}.nii` : `${name}/v.nii`)));
  const first = await listing(under);
  expect(first.folders.length + first.volumes.length).toBe(200);
  const second = await listing(under, first.next);
  expect(second.next).toBeUndefined();
  const all = [...first.folders, ...second.folders, ...[...first.volumes, ...second.volumes].map(({ uri }) => uri)];
  expect(new Set(all).size).toBe(230);
});

test('a volume is read by who may use it, in ranges, and by nobody else', async () => {
  const uri = await stack.api.upload(file);
  const path = `/v1/volumes/content?uri=${encodeURIComponent(uri)}`;
  expect(Buffer.from(await (await stack.api.fetch(path)).arrayBuffer()).equals(file)).toBe(true);
  const part = await stack.api.fetch(path, { headers: { Range: 'bytes=0-9' } });
  expect(part.status).toBe(206);
  const stranger = await stack.client({ tenant: 'stranger' });
  expect(await stranger.send('GET', path)).toMatchObject({
    status: 403,
    json: { type: '/problems/input-not-allowed' },
  });
  const folder = uri.slice(0, uri.lastIndexOf('/') + 1);
  expect((await stranger.send('GET', `/v1/volumes?under=${folder}`)).status).toBe(403);
  const { scheme, bucket } = stack.stores.primary;
  for (const secret of ['keys/', 'results/', 'uploads/']) {
    expect((await stack.api.send('GET', `/v1/volumes?under=${scheme}://${bucket}/${secret}`)).status).toBe(403);
  }
  const gone = `/v1/volumes/content?uri=${encodeURIComponent(`${folder}none.nii`)}`;
  expect(await stack.api.send('GET', gone)).toMatchObject({ status: 422, json: { type: '/problems/volume-missing' } });
});

test('a key for all local buckets sees them by name, but not the inside of the service’s own', async () => {
  const { createBucketIfMissing } = await import('@parse3d/storage');
  const { parseEnv, commonEnv, storageFromEnv } = await import('@parse3d/platform/config');
  await createBucketIfMissing(storageFromEnv(parseEnv(commonEnv, stack.env)), 'scans');
  await stack.stores.bucket('local', 'scans').write('t1.nii.gz', file);
  const wide = await stack.client({ inputs: ['local://'] });
  const { json } = await wide.send('GET', '/v1/volumes');
  expect(VolumeListing.parse(json).folders).toEqual(['local://parse3d/uploads/default/', 'local://scans/']);
  const inside = await wide.send('GET', '/v1/volumes?under=local://scans/');
  expect(VolumeListing.parse(inside.json).volumes.map(({ uri }) => uri)).toEqual(['local://scans/t1.nii.gz']);
  expect((await wide.send('GET', '/v1/volumes?under=local://parse3d/')).status).toBe(403);
});

test('the status tells workers, queue and stores, and goes on answering without Redis', async () => {
  const status = async (): Promise<ServiceStatus> =>
    ServiceStatus.parse((await stack.api.send('GET', '/v1/status')).json);
  const now = await eventually(
    async () => {
      const seen = await status();
      return seen.feeder.leading && seen.workers.length === 1 ? seen : undefined;
    },
    { what: 'a worker and a leader' },
  );
  expect(now.workers[0]).toMatchObject({ slots: 1, draining: false, packs: expect.arrayContaining(['ct-tissue']) });
  expect(now).toMatchObject({ readiness: { ready: true }, queue: { active: 0 }, storage: { scheme: 'local' } });
  const nobody = await stack.client({ scopes: ['packs:read'] });
  expect((await nobody.send('GET', '/v1/status')).status).toBe(403);
  await stack.redis.kill();
  const without = await status();
  expect(without).toMatchObject({ readiness: { ready: false }, workers: [], storage: { scheme: 'local' } });
  expect(without.queue).toBeUndefined();
  await stack.redis.restart();
  await eventually(async () => (await status()).workers.length === 1, { what: 'the worker to be back' });
});
