import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { openStores, probeConditionalWrites, probeRoundTrip, PROBE_PREFIX } from '@parse3d/storage';
import { assertNothingLeaks, scratchFolder, startRadosgw, whyNoRadosgw } from '@parse3d/testing';
import { afterAll, expect, test } from 'vitest';
import { startCarelessS3 } from './support/careless-s3.js';
import { startStack } from './support/stack.js';

afterAll(assertNothingLeaks);

const API = fileURLToPath(new URL('../services/api/dist/main.js', import.meta.url));

/** The api by itself; it looks at the storage before Redis. */
const startApi = (env: Record<string, string>): Promise<{ code: unknown; stderr: string }> =>
  new Promise((resolve) => {
    execFile(process.execPath, [API], { env: { PATH: process.env['PATH'], ...env } }, (error, _stdout, stderr) =>
      resolve({ code: error?.code, stderr }),
    );
  });

const reason = whyNoRadosgw();
const onS3 = reason === undefined || process.env['CI'] !== undefined ? test : test.skip;
const why = reason === undefined ? '' : ` (skipped: ${reason})`;

test.each([
  ['ignores', 'ignored', /2 were told that they won/],
  ['does not implement', 'refused', /not implemented/],
] as const)('a store that %s conditional writes is found out, and the api refuses it', async (_what, kind, detail) => {
  const s3 = await startCarelessS3(kind);
  const keys = { accessKeyId: 'any', secretAccessKey: 'any' };
  const stores = openStores({ kind: 's3', bucket: 'parse3d', endpoint: s3.endpoint, ...keys });
  try {
    expect(await probeConditionalWrites(stores.primary)).toMatchObject({
      honoured: false,
      detail: expect.stringMatching(detail),
    });
    expect(s3.keys()).toEqual([]);
    const env = {
      PARSE3D_STORAGE: 's3',
      PARSE3D_S3_ENDPOINT: s3.endpoint,
      PARSE3D_S3_ACCESS_KEY_ID: 'any',
      PARSE3D_S3_SECRET_ACCESS_KEY: 'any',
    };
    const refused = await startApi(env);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(/does not honour "If-None-Match: \*".*PARSE3D_CHECK_STORAGE=false/s);
    if (kind === 'refused') return;
    const stack = await startStack({ env: { ...env, PARSE3D_CHECK_STORAGE: 'false' }, workers: 0 });
    expect((await stack.api.fetch('/readyz')).status).toBe(200);
    await stack.stop();
  } finally {
    await stores.close();
    await s3.stop();
  }
});

test('a folder honours conditional writes, and keeps nothing of the question', async () => {
  const folder = await scratchFolder('probe');
  const stores = openStores({ kind: 'file', root: folder.path, bucket: 'parse3d' });
  expect(await probeConditionalWrites(stores.primary)).toMatchObject({ honoured: true });
  expect(await probeRoundTrip(stores.primary)).toMatchObject({ clockSkewMs: 0 });
  expect((await stores.primary.list({ prefix: PROBE_PREFIX })).blobs).toEqual([]);
  await stores.close();
  await folder.remove();
});

onS3(`radosgw honours conditional writes of simultaneous writers${why}`, async () => {
  const gateway = await startRadosgw();
  const stores = openStores(gateway.config('parse3d'));
  try {
    await expect(probeConditionalWrites(stores.primary)).rejects.toMatchObject({ code: 'bucket-missing' });
    await gateway.createBucket('parse3d');
    expect(await probeConditionalWrites(stores.primary)).toMatchObject({ honoured: true });
    expect(await probeRoundTrip(stores.primary)).toMatchObject({ clockSkewMs: 0 });
    expect((await stores.primary.list({ prefix: PROBE_PREFIX })).blobs).toEqual([]);
  } finally {
    await stores.close();
    await gateway.stop();
  }
});
