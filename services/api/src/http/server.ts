import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Express } from 'express';
import type { Logger } from 'pino';
import type { ApiConfig } from '../config.js';
import type { ApiMetrics } from '../metrics.js';
import { boundConnections, openFilesLimit } from './connections.js';
import { quiet } from './quiet.js';

/** How often connections are looked over for late headers. Unit: ms. */
const CHECK_EVERY_MS = 1_000;

/** Part of the open files that connections may take; the rest is for storage, Redis and spools. */
const FILES_FOR_CONNECTIONS = 0.5;

/** The api's server, with limits on what strangers and slow clients may hold. It does not listen yet. */
export function openServer(app: Express, config: ApiConfig, metrics: ApiMetrics, log: Logger): Server {
  const server = createServer({ connectionsCheckingInterval: CHECK_EVERY_MS }, app);
  server.headersTimeout = config.PARSE3D_HEADERS_TIMEOUT;
  // Of bodies `keepingPace` takes care: an upload of gigabytes may last, as long as it goes on.
  server.requestTimeout = 0;
  // Without this Node would invite a body before the key was looked at.
  server.on('checkContinue', app);
  // Whatever breaks while connections are accepted is theirs.
  server.on('error', (error) => log.warn({ err: error }, 'server'));
  boundConnections(
    server,
    { max: maxConnections(config, log), perAddress: config.PARSE3D_MAX_CONNECTIONS_PER_ADDRESS },
    (limit) => metrics.connectionsDropped.inc({ limit }),
  );
  closeIdle(server, config.PARSE3D_IDLE_TIMEOUT);
  return server;
}

function maxConnections(config: ApiConfig, log: Logger): number {
  const wanted = config.PARSE3D_MAX_CONNECTIONS;
  const files = openFilesLimit();
  const most = files === undefined ? wanted : Math.max(1, Math.floor(files * FILES_FOR_CONNECTIONS));
  if (most < wanted) log.warn({ wanted, most, openFiles: files }, 'fewer connections than configured: raise ulimit -n');
  return Math.min(wanted, most);
}

/**
 * Closes connections on which nothing moves, but for those that wait for us: a request that is whole and not answered yet,
 * or a body of which something is still unread.
 */
function closeIdle(server: Server, idleMs: number): void {
  const answering = new Map<Socket, [IncomingMessage, ServerResponse]>();
  const note = (request: IncomingMessage, response: ServerResponse): void => {
    answering.set(request.socket, [request, response]);
    response.on('close', () => answering.delete(request.socket));
  };
  server.on('request', note);
  server.on('checkContinue', note);
  server.on('connection', (socket) => quiet(socket));
  server.timeout = idleMs;
  server.on('timeout', (socket: Socket) => {
    const held = answering.get(socket);
    if (held === undefined || !isOurs(...held)) socket.destroy();
  });
}

/** True when it is our turn: the request is there and not answered yet, or a part of its body was not read yet. */
function isOurs(request: IncomingMessage, response: ServerResponse): boolean {
  return request.complete ? !response.headersSent : request.readableLength > 0;
}
