import { ProblemError, serverSentEvents, type ServerSentEvent } from '@parse3d/client';
import { expect, test } from 'vitest';

/** The events of these bytes, which come in chunks of a given length, as from a network. */
async function eventsOf(text: string, chunk: number): Promise<ServerSentEvent[]> {
  const bytes = new TextEncoder().encode(text);
  let sent = 0;
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (sent >= bytes.length) controller.close();
      else controller.enqueue(bytes.slice(sent, sent + chunk));
      sent += chunk;
    },
  });
  const events: ServerSentEvent[] = [];
  for await (const event of serverSentEvents(body)) events.push(event);
  return events;
}

const event = (data: string, id?: string, name = 'message'): ServerSentEvent => ({ id, event: name, data });

/** What the HTML standard says of each, in its section on interpreting an event stream. */
const cases: readonly (readonly [name: string, stream: string, events: readonly ServerSentEvent[]])[] = [
  ['lines that end in \\n', 'id: 1-0\nevent: job\ndata: a\n\n', [event('a', '1-0', 'job')]],
  ['lines that end in \\r\\n', 'id: 1-0\r\nevent: job\r\ndata: a\r\n\r\n', [event('a', '1-0', 'job')]],
  // A lone \r at the end of the stream could be half of \r\n; any byte after it settles that.
  ['lines that end in \\r', 'id: 1-0\rdata: a\r\rdata: b\r\r:\r', [event('a', '1-0'), event('b', '1-0')]],
  ['all of them mixed', 'data: a\r\ndata: b\rdata: c\n\n', [event('a\nb\nc')]],
  ['comments', ': hello\n\n:\ndata: a\n: still here\n\n', [event('a')]],
  ['several lines of data', 'data: a\ndata:\ndata: c\n\n', [event('a\n\nc')]],
  ['no blank after the colon', 'id:7\nevent:job\ndata:{"a":1}\n\n', [event('{"a":1}', '7', 'job')]],
  ['only the first blank belongs to the syntax', 'data:  a \n\n', [event(' a ')]],
  ['a field without a colon', 'data\n\n', [event('')]],
  ['colons in the data', 'data: s3://scans/a:b\n\n', [event('s3://scans/a:b')]],
  ['letters of several bytes', 'data: {"µ":"größer 🧠"}\n\n', [event('{"µ":"größer 🧠"}')]],
  ['a byte order mark', '\uFEFFdata: a\n\n', [event('a')]],
  ['an id that holds for later events', 'id: 5\ndata: a\n\ndata: b\n\n', [event('a', '5'), event('b', '5')]],
  ['an id without data', 'id: 5\n\ndata: a\n\n', [event('a')]],
  ['unknown fields', 'colour: red\nretry: 10\ndata: a\n\n', [event('a')]],
  ['an event without data', 'event: job\n\ndata: a\n\n', [event('a')]],
  ['an event that the end cuts off', 'data: a\n\ndata: b\n', [event('a')]],
];

test.each(cases)('%s: the events are the same whatever the chunks', async (_name, stream, events) => {
  for (const chunk of [1, 2, 3, 7, 1000]) expect(await eventsOf(stream, chunk)).toEqual(events);
});

test('an event that never ends is refused instead of filling the memory', async () => {
  const endless = eventsOf(`data: ${'x'.repeat(3 * 1024 * 1024)}`, 64 * 1024);
  await expect(endless).rejects.toThrow(ProblemError);
  await expect(endless).rejects.toMatchObject({ code: 'foreign-answer' });
});
