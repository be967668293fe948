import type { RequestHandler } from 'express';

/**
 * Whatever tells of trouble ends the process when nobody listens: a socket that breaks, a stream that is written to after
 * its end. Whoever waits for the stream hears of it in its own way, so that here it is enough to listen.
 */
export function quiet(...emitters: readonly { on(event: 'error', listener: () => void): unknown }[]): void {
  for (const emitter of emitters) emitter.on('error', () => undefined);
}

/** Every request, answer and connection has a listener of errors. */
export const quietRequests: RequestHandler = (request, response, next) => {
  quiet(request, response);
  next();
};
