import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { assertNothingLeaks } from '@parse3d/testing';
import { openStores, type Stores } from '../src/index.js';

/** What AWS answers, where no store that runs on a test machine does. A HEAD has headers alone. */
const ANSWERS: Record<string, { status: number; code: string; headers?: Record<string, string>; headOk?: boolean }> = {
  elsewhere: { status: 301, code: 'PermanentRedirect', headers: { 'x-amz-bucket-region': 'eu-central-1' } },
  malformed: { status: 400, code: 'AuthorizationHeaderMalformed', headers: { 'x-amz-bucket-region': 'eu-central-1' } },
  archived: { status: 403, code: 'InvalidObjectState', headOk: true },
  nowhere: { status: 404, code: 'NoSuchBucket' },
  expired: { status: 400, code: 'ExpiredToken' },
  unsigned: { status: 403, code: 'SignatureDoesNotMatch' },
  encrypted: { status: 400, code: 'KMS.DisabledException' },
  odd: { status: 400, code: 'InvalidRequest' },
  busy: { status: 503, code: 'SlowDown' },
  late: { status: 400, code: 'RequestTimeout' },
  full: { status: 507, code: 'XMinioStorageFull' },
  quota: { status: 403, code: 'QuotaExceeded' },
};

afterAll(assertNothingLeaks);

describe('what the store refuses', () => {
  let server: Server;
  let stores: Stores;
  let requests = 0;

  beforeAll(async () => {
    server = createServer((request, response) => {
      requests++;
      const bucket = (request.url ?? '').split('/')[1]?.split('?')[0] ?? '';
      const answer = ANSWERS[bucket];
      if (answer === undefined) return void response.writeHead(500).end();
      if (request.method === 'HEAD') {
        return void (answer.headOk === true
          ? response.writeHead(200, { 'content-length': '4', etag: '"a"', ...answer.headers }).end()
          : response.writeHead(answer.status, answer.headers).end());
      }
      response
        .writeHead(answer.status, { 'content-type': 'application/xml', ...answer.headers })
        .end(`<?xml version="1.0"?><Error><Code>${answer.code}</Code><Message>said by the store</Message></Error>`);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('expected a port');
    stores = openStores({
      kind: 's3',
      bucket: 'elsewhere',
      endpoint: `http://127.0.0.1:${address.port}`,
      accessKeyId: 'key',
      secretAccessKey: 'secret',
    });
  });
  afterAll(async () => {
    await stores.close();
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });

  const bucket = (name: string) => stores.bucket('s3', name);
  const read = (name: string) => bucket(name).read('scan.nii.gz');

  it.each([
    ['elsewhere', 'storage-wrong-region'],
    ['malformed', 'storage-wrong-region'],
    ['archived', 'blob-archived'],
    ['nowhere', 'bucket-missing'],
    ['expired', 'storage-credentials'],
    ['unsigned', 'storage-credentials'],
    ['encrypted', 'storage-denied'],
    ['odd', 'storage-denied'],
  ])('for good is asked for once: %s is %s', async (name, code) => {
    const before = requests;
    await expect(read(name)).rejects.toMatchObject({ code, retry: 'never' });
    expect(requests - before).toBe(1);
  });

  it.each(['elsewhere', 'malformed'])('names the region and the setting, also after a HEAD: %s', async (name) => {
    const message = expect.stringContaining('PARSE3D_S3_REGION=eu-central-1');
    await expect(bucket(name).head('scan.nii.gz')).rejects.toMatchObject({ message });
    await expect(read(name)).rejects.toMatchObject({ message });
  });

  it('is a missing bucket also where a HEAD cannot say so', async () => {
    await expect(bucket('nowhere').head('scan.nii.gz')).rejects.toMatchObject({ code: 'bucket-missing' });
  });

  it.each(['full', 'quota'])('a store without room is full, which passes: %s', async (name) => {
    const write = bucket(name).write('scan.nii.gz', Buffer.from('x'));
    await expect(write).rejects.toMatchObject({ code: 'storage-full', status: 503, retry: 'later' });
  });

  it.each(['busy', 'late'])('and what passes can be tried later: %s', async (name) => {
    await expect(read(name)).rejects.toMatchObject({ code: 'storage-unavailable', retry: 'later' });
  });
});
