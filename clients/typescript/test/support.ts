import { once } from 'node:events';
import { createServer, request as forward, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { track } from '@parse3d/testing';

export interface Between {
  readonly url: string;
  stop(): Promise<void>;
}

/** Something between the client and parse3d, as proxies are. */
export async function between(listener: RequestListener): Promise<Between> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const stop = async (): Promise<void> => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
    untrack();
  };
  const untrack = track('a server in between', stop);
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, stop };
}

/** Passes everything on to a server, and breaks each stream of events after its first event. */
export async function breakingProxy(
  target: string,
): Promise<Between & { readonly lastEventIds: (string | undefined)[] }> {
  const lastEventIds: (string | undefined)[] = [];
  const proxy = await between((incoming, outgoing) => {
    const { method, headers, url = '/' } = incoming;
    const isEvents = url.endsWith('/events');
    if (isEvents) lastEventIds.push(headers['last-event-id']?.toString());
    const passed = forward(new URL(url, target), { method, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      if (!isEvents) return void answer.pipe(outgoing);
      let text = '';
      let broken = false;
      answer.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
        const end = text.indexOf('\n\n', text.indexOf('data:'));
        if (broken || !text.includes('data:') || end < 0 || outgoing.destroyed) return;
        broken = true;
        // A reset could take the event with it; the end of the connection does not.
        outgoing.write(text.slice(0, end + 2), () => outgoing.socket?.end());
        answer.destroy();
      });
    });
    passed.on('error', () => outgoing.destroy());
    incoming.pipe(passed);
  });
  return { ...proxy, lastEventIds };
}
