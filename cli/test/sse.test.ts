import { expect, test } from 'vitest';
import { serverSentEvents, type ServerSentEvent } from '../src/client/sse.js';

async function read(text: string, chunk: number): Promise<ServerSentEvent[]> {
  const bytes = Buffer.from(text);
  const events: ServerSentEvent[] = [];
  const body = async function* (): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < bytes.length; at += chunk) yield await Promise.resolve(bytes.subarray(at, at + chunk));
  };
  for await (const event of serverSentEvents(body())) events.push(event);
  return events;
}

const STREAM =
  ': hello\n\nid: 1-0\nevent: job\ndata: {"µ":1}\n\n: still here\n\nid: 2-0\r\ndata: a\r\ndata:b\r\n\r\nid: 3-0\ndata: cut off';

test.each([1, 2, 7, 1000])('events are whole whatever the chunks (%i bytes each)', async (chunk) => {
  expect(await read(STREAM, chunk)).toEqual([
    { id: '1-0', event: 'job', data: '{"µ":1}' },
    { id: '2-0', event: 'message', data: 'a\nb' },
  ]);
});
