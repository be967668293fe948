import { Parse3d, type JobEvent } from '@parse3d/client';
import { assertNothingLeaks, freePort } from '@parse3d/testing';
import { afterAll, expect, test } from 'vitest';
import { between, type Between } from './support.js';

afterAll(assertNothingLeaks);

/** Runs with a server that answers like this. */
async function withServer(
  listener: Parameters<typeof between>[0],
  run: (server: Between) => Promise<void>,
): Promise<void> {
  const server = await between(listener);
  try {
    await run(server);
  } finally {
    await server.stop();
  }
}

test('a server that is short of something is asked again after as long as it says, and not endlessly', async () => {
  const asked: number[] = [];
  await withServer(
    (_request, response) => {
      asked.push(Date.now());
      if (asked.length % 3 === 0) response.writeHead(200, { 'Content-Type': 'application/json' }).end('{"packs":[]}');
      else response.writeHead(503, { 'Retry-After': '1' }).end();
    },
    async ({ url }) => {
      expect(await new Parse3d({ url, key: 'k' }).packs()).toEqual([]);
      expect((asked[2] ?? 0) - (asked[0] ?? 0)).toBeGreaterThanOrEqual(1_950);
      const hasty = new Parse3d({ url, key: 'k', retries: 1, longestWaitMs: 10 });
      await expect(hasty.packs()).rejects.toMatchObject({ code: 'foreign-answer', status: 503 });
    },
  );
});

test('after a broken connection only what can be repeated is sent again', async () => {
  const methods: string[] = [];
  await withServer(
    (request, response) => {
      const key = request.headers['idempotency-key'];
      methods.push(`${request.method} ${key === undefined ? '' : 'with key'}`.trim());
      response.destroy();
    },
    async ({ url }) => {
      const client = new Parse3d({ url, key: 'k', retries: 1, longestWaitMs: 10 });
      const job = { input: { uri: 's3://scans/a.nii' }, prompts: ['bone'] };
      const failure = { code: 'no-answer', status: 0, retryable: true, fields: { origin: url } };
      await expect(client.jobs.get('x')).rejects.toMatchObject(failure);
      await expect(client.jobs.submit(job)).rejects.toMatchObject(failure);
      await expect(client.jobs.submit(job, { idempotencyKey: 'a' })).rejects.toMatchObject(failure);
      expect(methods).toEqual(['GET', 'GET', 'POST', 'POST with key', 'POST with key']);
    },
  );
});

test('a server that is not there is named, with the reason', async () => {
  const url = `http://127.0.0.1:${await freePort()}`;
  const nobody = new Parse3d({ url, key: 'k', retries: 0 });
  await expect(nobody.jobs.get('x')).rejects.toMatchObject({
    code: 'no-answer',
    message: `no answer from ${url} (ECONNREFUSED)`,
  });
  await expect(nobody.upload(new Uint8Array(10))).rejects.toMatchObject({ code: 'no-answer' });
});

test('a page of some other server is not taken for an answer', async () => {
  await withServer(
    (_request, response) => response.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8' }).end('<html>'),
    async ({ url }) => {
      const client = new Parse3d({ url });
      await expect(client.packs()).rejects.toMatchObject({ code: 'foreign-answer', retryable: false });
      await expect(client.jobs.manifest('x')).rejects.toMatchObject({ code: 'foreign-answer' });
    },
  );
});

test('a stream of events that falls silent is given up and taken up again', async () => {
  const asked: (string | string[] | undefined)[] = [];
  const ending = { jobId: 'x', run: 1, at: '2026-01-01T00:00:00Z', status: 'completed' };
  await withServer(
    (request, response) => {
      asked.push(request.headers['last-event-id']);
      response.writeHead(200, { 'Content-Type': 'text/event-stream' });
      const event = asked.length === 1 ? { ...ending, status: 'running' } : ending;
      response.write(`id: ${asked.length}-0\ndata: ${JSON.stringify(event)}\n\n`);
    },
    async ({ url }) => {
      const events: JobEvent[] = [];
      const client = new Parse3d({ url, key: 'k', silenceMs: 200 });
      for await (const event of client.jobs.follow('x')) events.push(event);
      expect(events.map(({ status }) => status)).toEqual(['running', 'completed']);
      expect(asked).toEqual([undefined, '1-0']);
    },
  );
});

test('204 says that no event will come any more, and a refusal ends it too', async () => {
  await withServer(
    ({ url }, response) => response.writeHead(url?.includes('gone') === true ? 204 : 404).end(),
    async ({ url }) => {
      const client = new Parse3d({ url, key: 'k' });
      const events: JobEvent[] = [];
      for await (const event of client.jobs.follow('gone')) events.push(event);
      expect(events).toEqual([]);
      await expect(client.jobs.follow('none').next()).rejects.toMatchObject({ status: 404 });
    },
  );
});

test('a server that stays away is given up after as long as was said; a signal ends it at once', async () => {
  const url = `http://127.0.0.1:${await freePort()}`;
  const client = new Parse3d({ url, key: 'k', retries: 0 });
  const given = client.jobs.follow('x', { giveUpAfterMs: 600 }).next();
  await expect(given).rejects.toMatchObject({ code: 'no-answer' });
  const controller = new AbortController();
  const followed = client.jobs.follow('x', { signal: controller.signal }).next();
  controller.abort(new Error('enough'));
  await expect(followed).rejects.toThrow('enough');
});

test('a download goes to where the server sends it, without the key, and a refusal there is one of the storage', async () => {
  const keys: (string | undefined)[] = [];
  await withServer(
    (request, response) => {
      keys.push(request.headers.authorization);
      if (request.url === '/full') response.writeHead(200).end('voxels');
      else response.writeHead(403, { 'Content-Type': 'application/xml' }).end('<Error/>');
    },
    (store) =>
      withServer(
        (request, response) => {
          const path = request.url?.endsWith('a.nii') === true ? '/full' : '/expired';
          response.writeHead(307, { Location: `${store.url}${path}` }).end();
        },
        async ({ url }) => {
          const client = new Parse3d({ url, key: 'secret' });
          const { body } = await client.jobs.output('x', 'a.nii');
          expect(await new Response(body).text()).toBe('voxels');
          await expect(client.jobs.output('x', 'b.nii')).rejects.toMatchObject({ code: 'storage-unavailable' });
          expect(keys).toEqual([undefined, undefined]);
        },
      ),
  );
});
