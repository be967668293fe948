import { once } from 'node:events';
import { createServer } from 'node:net';
import { Problem } from '@parse3d/contract/problems';

/** A port of 127.0.0.1 that nothing listens on. */
export function freePort(): Promise<number> {
  return probe(0);
}

/** @throws Problem `config-invalid` when something listens on the port already */
export async function requireFreePort(port: number): Promise<number> {
  try {
    return await probe(port);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    const why = code === 'EADDRINUSE' ? 'something else listens on it' : `the system says ${code}`;
    throw new Problem(
      'config-invalid',
      `port ${port} cannot be used: ${why}; choose another by --port (0: any free one)`,
      {
        port,
      },
    );
  }
}

async function probe(port: number): Promise<number> {
  const server = createServer();
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('the system gave no port');
  return address.port;
}
