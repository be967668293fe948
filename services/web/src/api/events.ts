import type { JobEvent } from '@parse3d/contract';
import { ApiProblem, request } from './http.js';

/** Waits between two connections. Unit: ms. */
const RECONNECT_MS = [500, 1_000, 2_000, 5_000];

/**
 * Follows a run of a job to its end: events of the stream, from the first one on. A connection that drops is opened again after
 * the last event that came. `EventSource` would do that too, but cannot carry a key.
 *
 * @param onConnection told when the connection drops and when it is back
 * @throws ApiProblem when the server refuses
 */
export async function followJob(
  jobId: string,
  run: number,
  onEvent: (event: JobEvent) => void,
  onConnection: (connected: boolean) => void,
  signal: AbortSignal,
): Promise<void> {
  let lastId: string | undefined;
  let failures = 0;
  while (!signal.aborted) {
    try {
      const headers = lastId === undefined ? {} : { 'Last-Event-ID': lastId };
      const response = await request(`/v1/jobs/${jobId}/events`, { headers, signal });
      onConnection(true);
      failures = 0;
      for await (const { id, data } of parseEvents(response)) {
        lastId = id ?? lastId;
        const event = JSON.parse(data) as JobEvent;
        // The stream begins with the runs before.
        if (event.run < run) continue;
        onEvent(event);
        if (event.status === 'completed' || event.status === 'failed' || event.status === 'canceled') return;
      }
    } catch (error) {
      if (signal.aborted) return;
      // A refusal stays one; silence and a server that restarts pass.
      if (error instanceof ApiProblem && error.status >= 400 && error.status < 500) throw error;
    }
    onConnection(false);
    const pause = RECONNECT_MS[Math.min(failures++, RECONNECT_MS.length - 1)] ?? 5_000;
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}

async function* parseEvents(response: Response): AsyncGenerator<{ id: string | undefined; data: string }> {
  if (response.body === null) return;
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    const blocks = (text + next.value).split('\n\n');
    text = blocks.pop() ?? '';
    for (const block of blocks) {
      const fields = new Map(
        block.split('\n').map((line): [string, string] => {
          const colon = line.indexOf(': ');
          return [line.slice(0, colon), line.slice(colon + 2)];
        }),
      );
      const data = fields.get('data');
      if (data !== undefined) yield { id: fields.get('id'), data };
    }
  }
}
