import { Latch } from '@parse3d/async';
import { isEnded, JobEvent } from '@parse3d/contract';
import { isEventId, type FoundJob, type NumberedEvent } from '@parse3d/control';
import type { Request, Response } from 'express';
import type { ApiDeps } from '../deps.js';
import { problem } from '../http/answers.js';
import type { KeySlots } from '../http/key-slots.js';
import { operation } from '../http/operation.js';
import { findJob, manifestOf } from '../jobs/find.js';
import { JobParams } from './jobs.js';

/** Heartbeat: keeps proxies from closing an idle stream, and re-reads it in case a notification was lost. Unit: ms. */
const HEARTBEAT_MS = 10_000;

export const jobEventRoutes = (slots: KeySlots) => [
  operation({
    method: 'get',
    path: '/v1/jobs/{id}/events',
    scope: 'jobs:read',
    params: JobParams,
    id: 'watchJob',
    takesLinks: true,
    summary: 'Follow a job as server-sent events',
    description: 'Resumes after `Last-Event-ID`; ends with the job. The data of each event is a JobEvent.',
    tag: 'jobs',
    answers: {
      '200': { description: 'Events.', content: { 'text/event-stream': { schema: JobEvent } } },
      '204': { description: 'The job has ended, and nothing comes after `Last-Event-ID`.' },
      '429': problem('The key holds too many streams open.'),
    },
    errors: { notFound: 'job' },
    async handler({ params, caller, holder, request, response }, deps) {
      const release = slots.take(holder, deps.config.PARSE3D_MAX_STREAMS_PER_KEY, 'event streams');
      response.once('close', release);
      const found = await findJob(params.id, caller.tenant, deps);
      const after = lastEventId(request);
      const ending = await endingOf(found, after, deps);
      // An EventSource connects again after every end, unless it hears that there is nothing more.
      if (ending === 'told') {
        response.status(204).end();
        return;
      }
      response.status(200).set({
        'Content-Type': 'text/event-stream',
        'Cache-Control': 'no-store',
        // nginx buffers answers unless told otherwise.
        'X-Accel-Buffering': 'no',
      });
      response.flushHeaders();
      if (ending === undefined) await follow(params.id, found.request.run, after, response, deps);
      else send(response, ending);
      response.end();
    },
  }),
];

/**
 * The last event of a job whose stream has nothing to send any more; `told` when the client has it. Undefined as long as
 * there is a stream to follow.
 */
async function endingOf(
  found: FoundJob,
  after: string | undefined,
  deps: ApiDeps,
): Promise<NumberedEvent | 'told' | undefined> {
  if (found.source === 'pending') return undefined;
  if (found.source === 'record') {
    if (!isEnded(found.record.status)) return undefined;
    if ((await deps.control.events.read(found.request.jobId, after)).length > 0) return undefined;
    if (after !== undefined) return 'told';
  }
  const manifest = await manifestOf(found, deps);
  const id = `${Date.parse(manifest.finishedAt)}-0`;
  if (id === after) return 'told';
  const event = {
    jobId: manifest.jobId,
    run: manifest.run,
    at: manifest.finishedAt,
    status: manifest.status,
    ...(manifest.status === 'failed' ? { problemCode: manifest.problem.code } : {}),
  };
  return { id, event };
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
  const news = new Latch();
  const wake = (): void => news.wake();
  const unsubscribe = deps.control.events.onJob(jobId, wake);
  const heartbeat = setInterval(() => {
    response.write(': still here\n\n');
    wake();
  }, HEARTBEAT_MS);
  response.on('close', wake);
  deps.draining.addEventListener('abort', wake);
  try {
    for (; !response.destroyed && !deps.draining.aborted; await news.wait()) {
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
    deps.draining.removeEventListener('abort', wake);
  }
}

function send(response: Response, { id, event }: NumberedEvent): void {
  response.write(`id: ${id}\nevent: job\ndata: ${JSON.stringify(event)}\n\n`);
}
