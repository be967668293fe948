import http from 'node:http';
import https from 'node:https';
import type { Duplex } from 'node:stream';
import { NodeHttpHandler } from '@smithy/node-http-handler';

/** How long to wait for a store, in milliseconds. */
export interface S3Timeouts {
  /** Until a connection stands. @default 5000 */
  readonly connectMs?: number | undefined;
  /** Until the head of the answer has come, the sending of a body of up to one part included. @default 60000 */
  readonly requestMs?: number | undefined;
  /** While nothing at all moves on a connection in use. @default 30000 */
  readonly idleMs?: number | undefined;
}

/** @default more than enough for one worker: reads and the parts of several uploads at once. */
const MAX_SOCKETS = 64;

type HandleArguments = Parameters<NodeHttpHandler['handle']>;

/** HTTP for one S3 client: bounded waits, bounded sockets, and no socket whose late error could end the process. */
export function createHttpHandler({
  connectMs = 5000,
  requestMs = 60_000,
  idleMs = 30_000,
}: S3Timeouts): NodeHttpHandler {
  const pool = { keepAlive: true, maxSockets: MAX_SOCKETS };
  return new NodeHttpHandler({
    connectionTimeout: connectMs,
    requestTimeout: requestMs,
    // Without this the SDK only logs a warning and waits on.
    throwOnRequestTimeout: true,
    socketTimeout: idleMs,
    httpAgent: new GuardedHttpAgent(pool),
    httpsAgent: new GuardedHttpsAgent(pool),
  });
}

/**
 * The shared handler for one write that may be aborted: afterwards nothing more of it is sent, besides the DELETE that
 * takes a multipart upload back.
 */
export function abortable(handler: NodeHttpHandler, signal: AbortSignal): AbortableHandler {
  return new AbortableHandler(handler, signal);
}

class AbortableHandler {
  readonly #handler: NodeHttpHandler;
  readonly #signal: AbortSignal;

  constructor(handler: NodeHttpHandler, signal: AbortSignal) {
    this.#handler = handler;
    this.#signal = signal;
  }

  handle(request: HandleArguments[0], options: HandleArguments[1]): ReturnType<NodeHttpHandler['handle']> {
    if (request.method === 'DELETE') return this.#handler.handle(request, options);
    return this.#handler.handle(request, { ...options, abortSignal: this.#signal });
  }

  updateHttpClientConfig(): void {
    // The shared handler is configured once, by its owner.
  }

  httpHandlerConfigs(): ReturnType<NodeHttpHandler['httpHandlerConfigs']> {
    return this.#handler.httpHandlerConfigs();
  }
}

class GuardedHttpAgent extends http.Agent {
  override createConnection(...args: Parameters<http.Agent['createConnection']>): Duplex | null | undefined {
    return guard(super.createConnection(...args));
  }
}

class GuardedHttpsAgent extends https.Agent {
  override createConnection(...args: Parameters<https.Agent['createConnection']>): Duplex | null | undefined {
    return guard(super.createConnection(...args));
  }
}

/** An EPIPE or reset can come when no request listens on the socket any more; unheard, it would end the process. */
function guard(socket: Duplex | null | undefined): Duplex | null | undefined {
  socket?.on('error', () => {
    // Requests that use the socket hear of it themselves.
  });
  return socket;
}
