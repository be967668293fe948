import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { quiet } from './quiet.js';

/** The port that it listens on, which the system chose for 0. */
export async function listen(server: Server, port: number, host: string): Promise<number> {
  server.listen(port, host);
  await once(server, 'listening');
  // What breaks while connections are accepted is theirs.
  quiet(server);
  return (server.address() as AddressInfo).port;
}

/** Takes no more connections, and cuts those that are open when the time is over. */
export async function closeWithin(server: Server, budgetMs: number): Promise<void> {
  const timer = setTimeout(() => server.closeAllConnections(), budgetMs);
  const closed = once(server, 'close');
  server.close();
  server.closeIdleConnections();
  await closed;
  clearTimeout(timer);
}
