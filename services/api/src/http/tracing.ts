import type { Tracing } from '@parse3d/platform/telemetry';
import type { RequestHandler, Response } from 'express';

/** Probes come every few seconds and tell nothing. */
const UNTRACED = new Set(['/healthz', '/readyz']);

const problems = new WeakMap<Response, string>();

/** The code that an answer reports, for its span; the message may quote the request. */
export function noteProblem(response: Response, code: string): void {
  problems.set(response, code);
}

/**
 * A span for every request, named by its route template: paths hold ids, and queries, headers and bodies what is
 * nobody's business. A client that traces itself finds it below its own span.
 */
export function traceRequests(tracing: Tracing): RequestHandler {
  return (request, response, next) => {
    if (UNTRACED.has(request.path)) {
      next();
      return;
    }
    const { method } = request;
    const span = tracing.begin(method, {
      kind: 'server',
      parent: request.get('traceparent'),
      attributes: { 'http.request.method': method },
    });
    response.on('close', () => {
      const route = (request.route as { path?: unknown } | undefined)?.path;
      if (typeof route === 'string') {
        span.rename(`${method} ${route}`);
        span.annotate({ 'http.route': route });
      }
      span.annotate({ 'http.response.status_code': response.statusCode });
      const problem = problems.get(response);
      // A request that is refused is the client's failure, and no error of this span.
      if (response.statusCode >= 500) span.fail(problem ?? String(response.statusCode));
      else if (problem !== undefined) span.annotate({ 'error.type': problem });
      span.end();
    });
    span.activate(next);
  };
}
