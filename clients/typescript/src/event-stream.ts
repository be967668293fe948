import { createParser } from 'eventsource-parser';
import { ProblemError } from './problem.js';

/** One event of a `text/event-stream`. */
export interface ServerSentEvent {
  /** The last id that the stream named: what `Last-Event-ID` takes. */
  readonly id: string | undefined;
  readonly event: string;
  readonly data: string;
}

/** What one event may have. Unit: characters. */
const LONGEST_EVENT = 1024 * 1024;

/**
 * The events of a stream as they come. An event that the end of the stream cuts off is dropped.
 *
 * @throws ProblemError `foreign-answer` for an event of more than a million characters
 */
export async function* serverSentEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<ServerSentEvent> {
  let id: string | undefined;
  let parsed: ServerSentEvent[] = [];
  const parser = createParser({
    maxBufferSize: LONGEST_EVENT,
    onEvent: (message) => {
      id = message.id ?? id;
      parsed.push({ id, event: message.event ?? 'message', data: message.data });
    },
    onError: (error) => {
      if (error.type !== 'max-buffer-size-exceeded') return;
      throw new ProblemError({ code: 'foreign-answer', detail: 'the server sent an endless event', status: 200 });
    },
  });
  const decoder = new TextDecoder();
  const reader = body.getReader();
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      parser.feed(decoder.decode(next.value, { stream: true }));
      const events = parsed;
      parsed = [];
      yield* events;
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}
