import { JobId, ListJobs, SubmitJob } from '@parse3d/contract';
import { Router, type Request } from 'express';
import { z } from 'zod';
import type { ApiDeps } from '../deps.js';
import { callerOf, requireScope } from '../http/auth.js';
import { cancelJob } from '../jobs/cancel.js';
import { findJob } from '../jobs/find.js';
import { listJobs } from '../jobs/list.js';
import { retryJob } from '../jobs/retry.js';
import { submitJob } from '../jobs/submit.js';
import { viewJob } from '../jobs/view.js';

export const JobParams = z.object({ id: JobId });
export const IdempotencyKey = z.string().min(1).max(255).optional();

/** `/v1/jobs` and everything about one job but its outputs and events. */
export function jobRoutes(deps: ApiDeps): Router {
  const router = Router();
  const read = requireScope(deps.apiKeys, 'jobs:read');
  const write = requireScope(deps.apiKeys, 'jobs:write');

  const find = (request: Request) => findJob(JobParams.parse(request.params).id, callerOf(request).tenant, deps);

  router.post('/v1/jobs', write, async (request, response) => {
    const body = SubmitJob.parse(request.body);
    const idempotencyKey = IdempotencyKey.parse(request.get('idempotency-key'));
    const { request: job, repeated } = await submitJob(body, callerOf(request), idempotencyKey, deps);
    deps.metrics.jobsAccepted.inc({ lane: job.lane, repeated: String(repeated) });
    request.log.info({ jobId: job.jobId, tenant: job.tenant, pack: job.pack.id, repeated }, 'job accepted');
    const view = await viewJob(await findJob(job.jobId, job.tenant, deps), deps);
    response.status(202).location(`/v1/jobs/${job.jobId}`).json(view);
  });

  router.get('/v1/jobs', read, async (request, response) => {
    response.json(await listJobs(ListJobs.parse(request.query), callerOf(request).tenant, deps));
  });

  router.get('/v1/jobs/:id', read, async (request, response) => {
    response.json(await viewJob(await find(request), deps));
  });

  router.delete('/v1/jobs/:id', write, async (request, response) => {
    await cancelJob(await find(request), deps);
    response.status(202).json(await viewJob(await find(request), deps));
  });

  router.post('/v1/jobs/:id/retry', write, async (request, response) => {
    const job = await retryJob(await find(request), deps);
    request.log.info({ jobId: job.jobId, tenant: job.tenant, run: job.run }, 'job will be run again');
    response
      .status(202)
      .location(`/v1/jobs/${job.jobId}`)
      .json(await viewJob(await find(request), deps));
  });

  return router;
}
