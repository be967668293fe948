import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { eventually } from '@parse3d/testing';
import express, { type Request } from 'express';
import { afterEach, expect, test } from 'vitest';
import { boundConnections, markKnown } from '../../src/http/connections.js';
import { keepingPace } from '../../src/http/pace.js';

const open: { close(): unknown }[] = [];
afterEach(() => {
  for (const one of open.splice(0)) one.close();
});

async function serve(server: Server): Promise<number> {
  server.listen(0, '::');
  await once(server, 'listening');
  open.push(server);
  return (server.address() as AddressInfo).port;
}

async function dial(port: number, host = '127.0.0.1'): Promise<Socket> {
  const socket = connect(port, host);
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  open.push({ close: () => socket.destroy() });
  return socket;
}

async function bounded(limits: { max: number; perAddress: number }, isKnown = (_nth: number): boolean => false) {
  const dropped: string[] = [];
  let count = 0;
  const server = createServer();
  server.on('connection', (socket) => {
    if (isKnown(count++)) markKnown(socket);
  });
  boundConnections(server, limits, (limit) => dropped.push(limit));
  return { port: await serve(server), dropped };
}

const alive = (sockets: readonly Socket[]): boolean[] => sockets.map(({ readyState }) => readyState === 'open');

test('for a new connection the oldest stranger is closed, and never one that showed its key', async () => {
  const { port, dropped } = await bounded({ max: 3, perAddress: 0 }, (nth) => nth === 0);
  const sockets: Socket[] = [];
  for (let nth = 0; nth < 5; nth++) sockets.push(await dial(port));
  await eventually(() => alive(sockets).filter(Boolean).length === 3);
  expect(alive(sockets)).toEqual([true, false, false, true, true]);
  expect(dropped).toEqual(['all', 'all']);
});

test('one address takes no more than its part, whoever else is there', async () => {
  const { port, dropped } = await bounded({ max: 100, perAddress: 2 });
  const other = await dial(port, '::1');
  const sockets: Socket[] = [];
  for (let nth = 0; nth < 5; nth++) sockets.push(await dial(port));
  await eventually(() => alive(sockets).filter(Boolean).length === 2);
  expect(alive([other, ...sockets])).toEqual([true, false, false, false, true, true]);
  expect(dropped).toEqual(['address', 'address', 'address']);
});

/** A server that reads bodies at a bounded pace and answers how that went. */
async function paced(read: (request: Request) => Promise<unknown>): Promise<number> {
  const app = express();
  app.post('/', async (request, response) => {
    const limits = { wholeMs: 60_000, bytesPerSecond: 1_000, windowMs: 200 };
    const outcome = await keepingPace(request, true, limits, () => read(request)).then(
      () => 'read',
      (error: unknown) => String(error),
    );
    response.set('Connection', 'close').end(outcome);
  });
  return serve(createServer(app));
}

async function post(port: number, length: number): Promise<{ socket: Socket; answer: Promise<string> }> {
  const socket = await dial(port);
  let heard = '';
  socket.on('data', (bytes: Buffer) => (heard += bytes.toString()));
  socket.write(`POST / HTTP/1.1\r\nHost: api\r\nContent-Length: ${length}\r\n\r\n`);
  return { socket, answer: once(socket, 'close').then(() => heard) };
}

const readAll = async (request: Request): Promise<void> => {
  for await (const _chunk of request) continue;
};

test('an upload that comes below the lowest rate is given up, and one above it goes on', async () => {
  const port = await paced(readAll);
  const slow = await post(port, 10_000);
  slow.socket.write('x');
  expect(await slow.answer).toContain('at least 1000 bytes of the body per second');
  const steady = await post(port, 2_000);
  for (let sent = 0; sent < 2_000; sent += 100) {
    steady.socket.write('x'.repeat(100));
    await pause(25);
  }
  expect(await steady.answer).toMatch(/read$/);
});

test('a client is not blamed for a body that waits for us', async () => {
  const port = await paced(async (request) => {
    // Several windows in which nothing is read, though all of it has come.
    await pause(700);
    await readAll(request);
  });
  const client = await post(port, 2_000);
  client.socket.write('x'.repeat(2_000));
  expect(await client.answer).toMatch(/read$/);
});
