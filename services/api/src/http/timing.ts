import type { RequestHandler } from 'express';
import type { ApiMetrics } from '../metrics.js';

/** Measures every answer under its route template, so that ids do not become labels. */
export function timing(metrics: ApiMetrics): RequestHandler {
  return (request, response, next) => {
    const stop = metrics.httpSeconds.startTimer();
    response.on('close', () => {
      const status = response.writableFinished ? String(response.statusCode) : 'aborted';
      const path = (request.route as { path?: unknown } | undefined)?.path;
      stop({ method: request.method, route: typeof path === 'string' ? path : 'none', status });
    });
    next();
  };
}
