import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { track } from '@parse3d/testing';

export interface CarelessS3 {
  readonly endpoint: string;
  /** Keys that are stored now. */
  keys(): string[];
  stop(): Promise<void>;
}

/**
 * A store as older or simpler S3 servers are: it keeps objects, and takes no notice of `If-None-Match`, or answers 501 to
 * it. One bucket, path style, no signatures checked.
 */
export async function startCarelessS3(condition: 'ignored' | 'refused', bucket = 'parse3d'): Promise<CarelessS3> {
  const objects = new Map<string, { body: Buffer; token: string; at: Date }>();
  const server = createServer((request, response) => {
    void bodyOf(request).then((body) => {
      const path = decodeURIComponent((request.url ?? '').split('?')[0] ?? '');
      const key = path.slice(`/${bucket}/`.length);
      const found = objects.get(key);
      if (request.method === 'PUT' && request.headers['if-none-match'] !== undefined && condition === 'refused') {
        response.writeHead(501).end('<Error><Code>NotImplemented</Code><Message>no conditions</Message></Error>');
      } else if (request.method === 'PUT') {
        objects.set(key, { body, token: String(request.headers['x-amz-meta-parse3d-write'] ?? ''), at: new Date() });
        response.writeHead(200, { ETag: `"${randomBytes(8).toString('hex')}"` }).end();
      } else if (request.method === 'DELETE') {
        objects.delete(key);
        response.writeHead(204).end();
      } else if (key === '') {
        response.writeHead(200).end();
      } else if (found === undefined) {
        response.writeHead(404).end('<Error><Code>NoSuchKey</Code></Error>');
      } else {
        response.writeHead(200, {
          'Content-Length': found.body.length,
          'Last-Modified': found.at.toUTCString(),
          ETag: '"e"',
          'x-amz-meta-parse3d-write': found.token,
        });
        response.end(request.method === 'HEAD' ? undefined : found.body);
      }
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const stop = async (): Promise<void> => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
    untrack();
  };
  const untrack = track(`an S3 server on port ${port}`, stop);
  return { endpoint: `http://127.0.0.1:${port}`, keys: () => [...objects.keys()], stop };
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk as Uint8Array));
  return Buffer.concat(chunks);
}
