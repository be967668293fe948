import { isEnded } from '@parse3d/contract';
import { isEventId, type FoundJob, type NumberedEvent } from '@parse3d/control';
import { Router, type Request, type Response } from 'express';
import type { ApiDeps } from '../deps.js';
import { callerOf, requireScope } from '../http/auth.js';
import { findJob, manifestOf } from '../jobs/find.js';
import { JobParams } from './jobs.js';

/** Heartbeat: keeps proxies from closing an idle stream, and re-reads it in case a notification was lost. Unit: ms. */
const HEARTBEAT_MS = 10_000;

/** `GET /v1/jobs/:id/events`: server-sent events, resumed by `Last-Event-ID`, ended with the job. */
export function eventRoutes(deps: ApiDeps): Router {
  const router = Router();
  router.get('/v1/jobs/:id/events', requireScope(deps.apiKeys, 'jobs:read'), async (request, response) => {
    const { id } = JobParams.parse(request.params);
    const found = await findJob(id, callerOf(request).tenant, deps);
    response.status(200).set({
      'Content-Type': 'text/event-stream',
      'Cache-Control': 'no-store',
      // nginx buffers answers unless told otherwise.
      'X-Accel-Buffering': 'no',
    });
    response.flushHeaders();
    if (found.source === 'manifest') await sendEnding(found, response, deps);
    else await follow(id, found.request.run, lastEventId(request), response, deps);
    response.end();
  });
  return router;
}

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
  const unsubscribe = deps.control.events.onJob(jobId, tell);
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
      for (const numbered of await deps.control.events.read(jobId, last)) {
        last = numbered.id;
        send(response, numbered);
        const { event } = numbered;
        if (event.run >= run && isEnded(event.status)) return;
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
