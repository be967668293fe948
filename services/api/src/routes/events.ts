import { JobEvent } from '@parse3d/contract';
import { isEventId, readEvents, type NumberedEvent } from '@parse3d/control';
import type { Request, Response } from 'express';
import type { ApiDeps } from '../deps.js';
import { operation } from '../http/operation.js';
import { findJob, manifestOf, type FoundJob } from '../jobs/find.js';
import { JobParams } from './jobs.js';

/** A comment so often keeps proxies from closing a quiet stream, and reads what a lost notification did not tell. */
const HEARTBEAT_MS = 10_000;

export const eventRoutes = [
  operation({
    method: 'get',
    path: '/v1/jobs/{id}/events',
    scope: 'jobs:read',
    params: JobParams,
    id: 'watchJob',
    summary: 'Follow a job as server-sent events',
    description: 'Resumes after `Last-Event-ID`; ends with the job. The data of each event is a JobEvent.',
    tag: 'jobs',
    answers: { '200': { description: 'Events.', content: { 'text/event-stream': { schema: JobEvent } } } },
    errors: { notFound: 'job' },
    async handler({ params, caller, request, response }, deps) {
      const found = await findJob(params.id, caller.tenant, deps);
      response.status(200).set({
        'Content-Type': 'text/event-stream',
        'Cache-Control': 'no-store',
        // nginx buffers answers unless told otherwise.
        'X-Accel-Buffering': 'no',
      });
      response.flushHeaders();
      if (found.source === 'manifest') await sendEnding(found, response, deps);
      else await follow(params.id, found.request.run, lastEventId(request), response, deps);
      response.end();
    },
  }),
];

function lastEventId(request: Request): string | undefined {
  const id = request.get('last-event-id');
  return id !== undefined && isEventId(id) ? id : undefined;
}

/** Sends what the stream holds and what comes, until the run has ended, the client leaves or the server drains. */
async function follow(
  jobId: string,
  run: number,
  afterId: string | undefined,
  response: Response,
  deps: ApiDeps,
): Promise<void> {
  let last = afterId;
  let wake = (): void => undefined;
  let news = true;
  const tell = (): void => {
    news = true;
    wake();
  };
  const unsubscribe = deps.hub.onJob(jobId, tell);
  const heartbeat = setInterval(() => {
    response.write(': still here\n\n');
    tell();
  }, HEARTBEAT_MS);
  response.on('close', tell);
  deps.draining.addEventListener('abort', tell);
  try {
    while (!response.destroyed && !deps.draining.aborted) {
      if (!news) await new Promise<void>((resolve) => (wake = resolve));
      news = false;
      for (const numbered of await readEvents(deps.redis, deps.keys, jobId, last)) {
        last = numbered.id;
        send(response, numbered);
        const { event } = numbered;
        if (
          event.run >= run &&
          (event.status === 'completed' || event.status === 'failed' || event.status === 'canceled')
        ) {
          return;
        }
      }
    }
  } finally {
    clearInterval(heartbeat);
    unsubscribe();
    deps.draining.removeEventListener('abort', tell);
  }
}

/** A job whose record has expired: its end is all there is to tell. */
async function sendEnding(found: FoundJob, response: Response, deps: ApiDeps): Promise<void> {
  const manifest = await manifestOf(found, deps);
  const event = {
    jobId: manifest.jobId,
    run: manifest.run,
    at: manifest.finishedAt,
    status: manifest.status,
    ...(manifest.status === 'failed' ? { problemCode: manifest.problem.code } : {}),
  };
  send(response, { id: `${Date.parse(manifest.finishedAt)}-0`, event });
}

function send(response: Response, { id, event }: NumberedEvent): void {
  response.write(`id: ${id}\nevent: job\ndata: ${JSON.stringify(event)}\n\n`);
}
