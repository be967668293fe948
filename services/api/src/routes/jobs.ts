import { CancelOrPurge, JobId, JobPage, JobView, ListJobs, Purged, SubmitJob } from '@parse3d/contract';
import { z } from 'zod';
import { json } from '../http/answers.js';
import { jsonBody } from '../http/body.js';
import { idempotencyKey } from '../http/idempotency-key.js';
import { operation } from '../http/operation.js';
import { cancelJob } from '../jobs/cancel.js';
import { findJob, findJobOrGrave } from '../jobs/find.js';
import { viewPurged } from '../jobs/purged.js';
import { listJobs } from '../jobs/list.js';
import { retryJob } from '../jobs/retry.js';
import { submitJob } from '../jobs/submit.js';
import { viewJob } from '../jobs/view.js';

export const JobParams = z.object({ id: JobId });

export const jobRoutes = [
  operation({
    method: 'post',
    path: '/v1/jobs',
    scope: 'jobs:write',
    headers: idempotencyKey('job'),
    body: jsonBody(SubmitJob),
    id: 'submitJob',
    summary: 'Segment a volume',
    description: 'The 202 comes once the job is durable: no failure of the queue loses it.',
    tag: 'jobs',
    answers: { '202': json(JobView, 'Accepted.') },
    errors: { conflict: true, unprocessable: true, quota: true },
    async handler({ body, headers, caller, request, response }, deps) {
      const { request: job, repeated } = await submitJob(
        body,
        { ...caller, keyId: caller.id },
        headers['idempotency-key'],
        deps,
      );
      deps.metrics.jobsAccepted.inc({ lane: job.lane, repeated: String(repeated) });
      request.log.info({ jobId: job.jobId, tenant: job.tenant, pack: job.pack.id, repeated }, 'job accepted');
      const view = await viewJob(await findJob(job.jobId, job.tenant, deps), deps);
      response.status(202).location(`/v1/jobs/${job.jobId}`).json(view);
    },
  }),

  operation({
    method: 'get',
    path: '/v1/jobs',
    scope: 'jobs:read',
    query: ListJobs,
    id: 'listJobs',
    summary: 'List recent jobs, newest first',
    tag: 'jobs',
    answers: { '200': json(JobPage, 'A page.') },
    async handler({ query, caller, response }, deps) {
      response.json(await listJobs(query, caller.tenant, deps));
    },
  }),

  operation({
    method: 'get',
    path: '/v1/jobs/{id}',
    scope: 'jobs:read',
    params: JobParams,
    id: 'getJob',
    takesLinks: true,
    summary: 'Status of a job',
    tag: 'jobs',
    answers: { '200': json(JobView, 'The job, live or from its manifest.') },
    errors: { notFound: 'job' },
    async handler({ params, caller, response }, deps) {
      response.json(await viewJob(await findJob(params.id, caller.tenant, deps), deps));
    },
  }),

  operation({
    method: 'delete',
    path: '/v1/jobs/{id}',
    scope: 'jobs:write',
    params: JobParams,
    query: CancelOrPurge,
    id: 'cancelJob',
    summary: 'Cancel a job, or remove an ended one for good',
    description:
      'With `purge=true` outputs and record of a job that has ended are removed, and its upload once nothing else names ' +
      'it. What is left says when, and by which key. A job that has not ended is refused: cancel it first. A job of a ' +
      'batch is removed with its batch. It can be repeated.',
    tag: 'jobs',
    answers: { '200': json(Purged, 'It is removed.'), '202': json(JobView, 'It stops within seconds.') },
    errors: { notFound: 'job', conflict: true, gone: 'job' },
    async handler({ params: { id }, query: { purge }, caller: { tenant, id: keyId }, request, response }, deps) {
      if (purge === 'true') {
        const tombstone = await deps.control.jobs.purge(await findJobOrGrave(id, tenant, deps), keyId);
        request.log.info({ jobId: id, tenant, keyId }, 'job removed');
        response.json(viewPurged(tombstone, true));
        return;
      }
      await cancelJob(await findJob(id, tenant, deps), deps);
      response.status(202).json(await viewJob(await findJob(id, tenant, deps), deps));
    },
  }),

  operation({
    method: 'post',
    path: '/v1/jobs/{id}/retry',
    scope: 'jobs:write',
    params: JobParams,
    id: 'retryJob',
    summary: 'Run a failed or canceled job again',
    tag: 'jobs',
    answers: { '202': json(JobView, 'A new run of the same job.') },
    errors: { notFound: 'job', conflict: true },
    async handler({ params: { id }, caller: { tenant, id: keyId }, request, response }, deps) {
      const job = await retryJob(await findJob(id, tenant, deps), keyId, deps);
      request.log.info({ jobId: job.jobId, tenant: job.tenant, run: job.run }, 'job will be run again');
      const view = await viewJob(await findJob(id, tenant, deps), deps);
      response.status(202).location(`/v1/jobs/${job.jobId}`).json(view);
    },
  }),
];
