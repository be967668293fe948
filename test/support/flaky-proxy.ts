import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { track } from '@parse3d/testing';

export interface FlakyProxy {
  /** `http://127.0.0.1:<port>`; stays the same when the target changes. */
  readonly url: string;
  /** Statuses that were answered, in order. */
  readonly answers: readonly number[];
  /** Where requests go; undefined answers 502. */
  target: string | undefined;
  /** As many requests reach the target, and the sender gets a 500 all the same: the answer was lost. */
  loseAnswers: number;
  stop(): Promise<void>;
}

/** Stands between a sender and a service, and loses answers on demand. */
export async function startFlakyProxy(): Promise<FlakyProxy> {
  const answers: number[] = [];
  const server = createServer((request, response) => {
    void (async () => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(Buffer.from(chunk as Uint8Array));
      const status = await forward(request.url ?? '/', request.headers['content-type'], Buffer.concat(chunks));
      answers.push(status);
      response.writeHead(status).end();
    })().catch(() => response.destroy());
  });
  const forward = async (path: string, type = 'application/json', body: Buffer): Promise<number> => {
    if (proxy.target === undefined) return 502;
    const init = { method: 'POST', headers: { 'Content-Type': type }, body: new Uint8Array(body) };
    const status = await fetch(`${proxy.target}${path}`, init).then(
      (answer) => answer.status,
      () => 502,
    );
    if (status !== 200 || proxy.loseAnswers === 0) return status;
    proxy.loseAnswers--;
    return 500;
  };
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const stop = async (): Promise<void> => {
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
    untrack();
  };
  const untrack = track('the flaky proxy', stop);
  const proxy: FlakyProxy = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    answers,
    target: undefined,
    loseAnswers: 0,
    stop,
  };
  return proxy;
}
