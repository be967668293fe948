import type { RequestHandler } from 'express';
import type { ApiMetrics } from '../metrics.js';

/** Measures every answer under its route template, so that ids do not become labels. */
export function timing(metrics: ApiMetrics): RequestHandler {
  return (request, response, next) => {
    const stop = metrics.httpSeconds.startTimer();
    response.on('close', () => {
      const status = response.writableFinished ? String(response.statusCode) : 'aborted';
      const route = request.route as { path?: unknown } | undefined;
      stop({ method: request.method, route: String(route?.path ?? 'none'), status });
    });
    next();
  };
}
