import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Registry } from 'prom-client';

/** `/metrics`, `/healthz` and `/readyz` of a worker, on one port. */
export async function serveHealth(options: {
  registry: Registry;
  host: string;
  port: number;
  ready: () => boolean;
}): Promise<{ port: number; close: () => Promise<void> }> {
  const server = createServer((request, response) => {
    // A scraper that breaks off must not end the process.
    for (const emitter of [request, response]) emitter.on('error', () => undefined);
    switch (request.url) {
      case '/healthz':
        response.writeHead(200).end('ok\n');
        return;
      case '/readyz':
        response.writeHead(options.ready() ? 200 : 503).end(options.ready() ? 'ready\n' : 'not ready\n');
        return;
      case '/metrics':
        options.registry
          .metrics()
          .then((text) => response.writeHead(200, { 'Content-Type': options.registry.contentType }).end(text))
          .catch(() => response.writeHead(500).end());
        return;
      default:
        response.writeHead(404).end();
    }
  });
  server.listen(options.port, options.host);
  await once(server, 'listening');
  // A fault of a scraper's connection is not the worker's.
  server.on('error', () => undefined);
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
