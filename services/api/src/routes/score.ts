import type { JobRequest, UploadedVolume } from '@parse3d/contract';
import { Problem } from '@parse3d/contract/problems';
import { Router, type Request, type Response } from 'express';
import type { ApiDeps } from '../deps.js';
import { callerOf, requireScope } from '../http/auth.js';
import { publicUrl } from '../http/public-url.js';
import { storeUpload } from '../jobs/store-upload.js';
import { readScoreRequest, type ScoreRow } from '../score/request.js';
import { labelsOf, sendLabels } from '../score/respond.js';
import { cancelAll, discard, ScoreQuery, submitRows } from '../score/submit-rows.js';
import { manifestWhenEnded } from '../score/wait.js';

/**
 * `POST /score`: the contract of the hosted endpoint, so that its clients work with another URL and key. Volumes come and
 * label maps go as base64 inside of JSON; both are streamed.
 */
export function scoreRoutes(deps: ApiDeps): Router {
  const router = Router();
  const may = (['volumes:write', 'jobs:write', 'jobs:read'] as const).map((scope) => requireScope(deps.apiKeys, scope));
  router.post('/score', ...may, async (request, response) => {
    const query = ScoreQuery.parse(request.query);
    if (!request.is('application/json')) {
      const type = request.get('content-type') ?? 'none';
      throw new Problem('unsupported-media-type', `expected Content-Type application/json, got ${type}`);
    }
    const rows = await receive(request, deps);
    const jobs = await submitRows(rows, query, callerOf(request), deps);
    for (const job of jobs) {
      deps.metrics.jobsAccepted.inc({ lane: job.lane, repeated: 'false' });
      request.log.info({ jobId: job.jobId, tenant: job.tenant, pack: job.pack.id }, 'job accepted by score');
    }
    if (prefersAsync(request)) accepted(jobs, response, deps);
    else await answer(jobs, response, deps);
  });
  return router;
}

/** Stores every row's volume while the request arrives; when it turns out to be wrong, nothing of it is kept. */
async function receive(request: Request, deps: ApiDeps): Promise<ScoreRow<UploadedVolume>[]> {
  const stored: UploadedVolume[] = [];
  // Destroying the request would break the connection before the client has its answer.
  const body = request.iterator({ destroyOnReturn: false });
  try {
    return await readScoreRequest(body, async (image) => {
      const volume = await storeUpload(image, callerOf(request).tenant, deps);
      stored.push(volume);
      return volume;
    });
  } catch (error) {
    await discard(stored, deps);
    throw error;
  } finally {
    await body.return?.();
  }
}

/** RFC 7240. */
function prefersAsync(request: Request): boolean {
  return (request.get('prefer') ?? '').split(/[,;]/).some((part) => part.trim().toLowerCase() === 'respond-async');
}

function accepted(jobs: readonly JobRequest[], response: Response, deps: ApiDeps): void {
  const urls = jobUrls(jobs, deps);
  response
    .status(202)
    .set('Preference-Applied', 'respond-async')
    .location(urls[0]?.url ?? '')
    .json({ jobs: urls });
}

function jobUrls(jobs: readonly JobRequest[], deps: ApiDeps): { id: string; url: string }[] {
  return jobs.map(({ jobId }) => ({ id: jobId, url: publicUrl(`/v1/jobs/${jobId}`, deps.config) }));
}

/** Waits for the jobs and sends their label maps. A client that leaves takes its jobs with it: nobody else knows them. */
async function answer(jobs: readonly JobRequest[], response: Response, deps: ApiDeps): Promise<void> {
  const timeout = AbortSignal.timeout(deps.config.PARSE3D_SCORE_TIMEOUT);
  const left = new AbortController();
  const leave = (): void => left.abort();
  response.on('close', leave);
  try {
    const signal = AbortSignal.any([timeout, left.signal, deps.draining]);
    const manifests = await Promise.all(jobs.map((job) => manifestWhenEnded(job, deps, signal)));
    if (left.signal.aborted) return await cancelAll(jobs, deps);
    const ended = manifests.filter((manifest) => manifest !== undefined);
    const files = ended.map(labelsOf);
    if (files.length < jobs.length) throw stillRunning(jobs, deps);
    response.removeListener('close', leave);
    await sendLabels(files, response, deps);
  } finally {
    response.removeListener('close', leave);
  }
}

function stillRunning(jobs: readonly JobRequest[], deps: ApiDeps): Problem {
  const urls = jobUrls(jobs, deps);
  const seconds = deps.config.PARSE3D_SCORE_TIMEOUT / 1000;
  const detail = deps.draining.aborted
    ? `the server is shutting down; follow ${urls[0]?.url}, or send "Prefer: respond-async"`
    : `expected the masks within ${seconds} s, the job goes on; follow ${urls[0]?.url}, or send "Prefer: respond-async"`;
  return new Problem('still-running', detail, { jobs: urls, url: urls[0]?.url });
}
