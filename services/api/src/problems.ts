import { isRedisError } from '@parse3d/control';
import { isProblem, Problem } from '@parse3d/contract/problems';
import type { ErrorRequestHandler, RequestHandler, Response } from 'express';
import { requestId } from './http/request-id.js';
import { noteProblem } from './http/tracing.js';
import { z } from 'zod';

/** The only place that turns an error into an HTTP answer. Nothing ever returns a stack. */
export const problemHandler: ErrorRequestHandler = (error, request, response, next) => {
  if (request.destroyed && !request.complete) {
    // The client, or the limit on its pace, has closed the connection in the middle of the body.
    noteProblem(response, 'aborted');
    request.log.info('request cut off before its end');
    return;
  }
  const problem = toProblem(error);
  noteProblem(response, problem.code);
  if (problem.status >= 500) request.log.error({ err: error, code: problem.code }, 'request failed');
  else request.log.info({ code: problem.code }, 'request refused');
  if (response.headersSent) {
    // The status is out already; cutting the connection is the only honest way to say that the body is incomplete.
    response.destroy();
    return;
  }
  if (response.destroyed) {
    next();
    return;
  }
  sendProblem(response, problem, requestId(request));
};

/** What was to be said of the body that does not come now: a refusal must not be kept for a year in its place. */
const OF_ANOTHER_BODY = [
  'Accept-Ranges',
  'Cache-Control',
  'Content-Disposition',
  'Content-Encoding',
  'Content-Length',
  'Content-Type',
  'ETag',
  'Last-Modified',
];

function sendProblem(response: Response, problem: Problem, requestId: string): void {
  for (const name of OF_ANOTHER_BODY) response.removeHeader(name);
  response.setHeader('Cache-Control', 'no-store');
  if (problem.retry === 'later') response.setHeader('Retry-After', '5');
  if (problem.code === 'unauthorized') response.setHeader('WWW-Authenticate', 'Bearer realm="parse3d"');
  if (!response.req.complete) refuseBody(response, problem);
  response
    .status(problem.status)
    .set('Content-Type', 'application/problem+json; charset=utf-8')
    .end(
      JSON.stringify({
        ...problem.fields,
        type: `/problems/${problem.code}`,
        title: problem.title,
        status: problem.status,
        // What went wrong inside is for the log.
        detail:
          problem.code === 'internal'
            ? 'The server met an unexpected condition; its log has the cause.'
            : problem.message,
        requestId,
      }),
    );
}

/** The rest of a refused upload that is read and thrown away, and for how long. */
const DISCARD_BYTES = 64 * 1024 * 1024;
const DISCARD_MS = 10_000;

/**
 * Reads on for a while: closing the connection at once would make the client's sending fail before it sees the answer.
 * One that waits for an invitation to send, or is too slow, sees it anyway.
 */
function refuseBody(response: Response, { code }: Problem): void {
  const { req: request } = response;
  if (response.getHeader('Connection') === 'close') return;
  if (code === 'body-too-slow' || request.get('expect') !== undefined) {
    response.setHeader('Connection', 'close');
    return;
  }
  let bytes = 0;
  request.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > DISCARD_BYTES) request.destroy();
  });
  request.resume();
}

/** Closes connections whose request was answered before its body had come, when the rest does not come soon. */
export const closeUnreadBodies: RequestHandler = (request, response, next) => {
  response.on('finish', () => {
    if (request.complete) return;
    const timer = setTimeout(() => request.socket.destroy(), DISCARD_MS);
    const stop = (): void => clearTimeout(timer);
    request.once('end', stop);
    request.socket.once('close', stop);
  });
  next();
};

function toProblem(error: unknown): Problem {
  if (isProblem(error)) return error;
  if (isRedisError(error)) {
    return new Problem(
      'queue-unavailable',
      'Redis does not answer or refuses to write; nothing was queued',
      {},
      { cause: error },
    );
  }
  const http = HttpError.safeParse(error);
  if (http.success && http.data.status < 500) return new Problem('request-invalid', http.data.message);
  return Problem.from(error);
}

/** What Express throws, as for a path that cannot be decoded. */
const HttpError = z.object({ status: z.int().min(400), message: z.string() });
