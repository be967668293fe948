import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { post, whyRefused } from '../../src/webhooks/post.js';
import { isPublicAddress } from '../../src/webhooks/public-address.js';

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

/** A server on 127.0.0.1 that counts what reaches it. */
async function server(answer: RequestListener): Promise<{ url: string; port: number; seen: string[] }> {
  const seen: string[] = [];
  const http = createServer((request, response) => {
    seen.push(`${request.method} ${request.url}`);
    answer(request, response);
  });
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  stops.push(async () => {
    const closed = once(http, 'close');
    http.close();
    http.closeAllConnections();
    await closed;
  });
  const { port } = http.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, port, seen };
}

test.each(['93.184.216.34', '1.1.1.1', '2606:4700:4700::1111', '172.32.0.1', '100.128.0.1'])('%s is public', (ip) => {
  expect(isPublicAddress(ip)).toBe(true);
});

test.each([
  '127.0.0.1',
  '0.0.0.0',
  '10.1.2.3',
  '172.16.0.1',
  '172.31.255.255',
  '192.168.1.1',
  '169.254.169.254',
  '100.100.100.200',
  '168.63.129.16',
  '192.0.0.192',
  '198.18.0.1',
  '224.0.0.1',
  '255.255.255.255',
  '::',
  '::1',
  '::ffff:127.0.0.1',
  '::ffff:93.184.216.34',
  '::ffff:7f00:1',
  '::127.0.0.1',
  '64:ff9b::a00:1',
  'fe80::1',
  'fe80::1%eth0',
  'fc00::1',
  'fd00:ec2::254',
  'ff02::1',
  '2001:db8::1',
  '2001:0:4136:e378:8000:63bf:3fff:fdd2',
  '2002:7f00:1::',
  'localhost',
  '',
])('%j is not public', (ip) => {
  expect(isPublicAddress(ip)).toBe(false);
});

test.each([
  'http://example.org/',
  'https://127.0.0.1/',
  'https://2130706433/',
  'https://0x7f.1/',
  'https://0177.0.0.1/',
  'https://[::1]/',
  'https://[::ffff:169.254.169.254]/',
  'https://169.254.169.254/latest/meta-data/',
  'https://localhost/',
  'https://metadata.google.internal/',
  'https://user:pass@example.org/',
  'ftp://example.org/',
])('%s is refused before anything is looked up', async (address) => {
  expect(whyRefused(new URL(address), false)).toBeDefined();
  const resolve = () => Promise.reject(new Error('was looked up'));
  await expect(post(new URL(address), {}, '', { allowInsecure: false, resolve })).rejects.not.toThrow('was looked up');
});

test('a public name that leads inside is not connected to, nor one of which one address does', async () => {
  const { port, seen } = await server((_request, response) => response.end());
  const inside = { address: '127.0.0.1', family: 4 };
  for (const addresses of [[inside], [{ address: '93.184.216.34', family: 4 }, inside]]) {
    const options = { allowInsecure: false, resolve: () => Promise.resolve(addresses) };
    const sent = post(new URL(`https://example.org:${port}/`), {}, '{}', options);
    await expect(sent).rejects.toThrow('no public address');
    // The log of deliveries is for the tenant, and what a name means in here is not.
    await expect(sent).rejects.not.toThrow('127.0.0.1');
  }
  expect(seen).toEqual([]);
});

test('the connection goes to the address that was checked, with one look-up', async () => {
  const { port, seen } = await server((_request, response) => response.writeHead(204).end());
  let lookUps = 0;
  const resolve = () => {
    lookUps++;
    return Promise.resolve([{ address: '127.0.0.1', family: 4 }]);
  };
  const url = new URL(`http://hooks.example.org:${port}/in`);
  expect(await post(url, { 'x-test': '1' }, '{}', { allowInsecure: true, resolve })).toBe(204);
  expect({ lookUps, seen }).toEqual({ lookUps: 1, seen: ['POST /in'] });
});

test('a redirect is an answer and not followed', async () => {
  const { url, seen } = await server((_request, response) => {
    response.writeHead(307, { Location: '/elsewhere' }).end();
  });
  expect(await post(new URL(`${url}/in`), {}, '{}', { allowInsecure: true })).toBe(307);
  expect(seen).toEqual(['POST /in']);
});

test('who does not answer, or answers without end, is left', async () => {
  const silent = await server(() => undefined);
  const options = { allowInsecure: true, timeoutMs: 200 };
  await expect(post(new URL(silent.url), {}, '{}', options)).rejects.toThrow('no answer within 200 ms');
  const endless = await server((_request, response) => {
    response.writeHead(200);
    const more = (): void => {
      while (!response.destroyed && response.write(Buffer.alloc(16 * 1024))) void 0;
    };
    response.on('drain', more);
    more();
  });
  expect(await post(new URL(endless.url), {}, '{}', { allowInsecure: true, timeoutMs: 10_000 })).toBe(200);
});
