import type { JobRequest, UploadedVolume } from '@parse3d/contract';
import { Problem } from '@parse3d/contract/problems';
import type { Request, Response } from 'express';
import { z } from 'zod';
import type { ApiDeps } from '../deps.js';
import { json, problem } from '../http/answers.js';
import { streamedBody } from '../http/body.js';
import { operation } from '../http/operation.js';
import { publicUrl } from '../http/public-url.js';
import { storeUpload } from '../jobs/store-upload.js';
import { readScoreRequest, type ScoreRow } from '../score/request.js';
import { labelsOf, sendLabels } from '../score/respond.js';
import { cancelAll, discard, ScoreQuery, submitRows } from '../score/submit-rows.js';
import { manifestWhenEnded } from '../score/wait.js';

const ScoreRequest = z
  .strictObject({
    input_data: z.strictObject({
      columns: z.tuple([z.literal('image'), z.literal('text')]).meta({ description: 'Before `data`.' }),
      index: z.array(z.int()).optional(),
      data: z
        .array(z.tuple([z.string(), z.string()]))
        .min(1)
        .max(32)
        .meta({
          description:
            'Rows of a volume (NIfTI, compressed or not, in base64; line breaks do no harm) and its prompts, joined by `&` ' +
            'or `[SEP]`.',
          example: [['H4sIAAAA…', 'left kidney in abdominal CT & right kidney in abdominal CT']],
        }),
    }),
  })
  .meta({ id: 'ScoreRequest' });

const ScoreAnswer = z
  .array(z.strictObject({ nifti_file: z.string().meta({ example: String.raw`{"data": "H4sIAAAA…"}` }) }))
  .meta({ id: 'ScoreAnswer', description: 'A row each: JSON with the label map (.nii.gz in base64), labels 1 to n.' });

const ScoreAccepted = z
  .strictObject({ jobs: z.array(z.strictObject({ id: z.uuid(), url: z.string() })) })
  .meta({ id: 'ScoreAccepted' });

/**
 * The contract of the hosted endpoint, so that its clients work with another URL and key. Volumes come and label maps go
 * as base64 inside of JSON; both are streamed.
 */
export const scoreRoutes = [
  operation({
    method: 'post',
    path: '/score',
    scope: ['volumes:write', 'jobs:write', 'jobs:read'],
    query: ScoreQuery,
    headers: z.object({
      prefer: z.string().optional().meta({ description: '`respond-async`: answer 202 at once, with the jobs.' }),
    }),
    body: streamedBody({ 'application/json': { schema: ScoreRequest } }),
    id: 'score',
    summary: 'Segment at once, as the hosted MedImageParse 3D endpoint does',
    description:
      'For clients of that endpoint: another URL and key are all they need. Jobs run in the interactive lane and are ' +
      'listed with the others. Labels are numbered by the order of the prompts.',
    tag: 'jobs',
    answers: {
      '200': json(ScoreAnswer, 'The label maps, row by row.'),
      '202': json(ScoreAccepted, 'Accepted; each job is followed under its URL.'),
      '413': problem('A volume is too large.'),
      '504': problem('It takes longer than the server waits; `jobs` says where it goes on.'),
    },
    errors: { conflict: true, unprocessable: true, quota: true },
    async handler({ query, headers, caller, request, response }, deps) {
      const rows = await receive(request, caller.tenant, deps);
      const jobs = await submitRows(rows, query, caller, deps);
      for (const job of jobs) {
        deps.metrics.jobsAccepted.inc({ lane: job.lane, repeated: 'false' });
        request.log.info({ jobId: job.jobId, tenant: job.tenant, pack: job.pack.id }, 'job accepted by score');
      }
      if (prefersAsync(headers.prefer)) accepted(jobs, response, deps);
      else await answer(jobs, response, deps);
    },
  }),
];

/** Stores every row's volume while the request arrives; when it turns out to be wrong, nothing of it is kept. */
async function receive(request: Request, tenant: string, deps: ApiDeps): Promise<ScoreRow<UploadedVolume>[]> {
  const stored: UploadedVolume[] = [];
  // Destroying the request would break the connection before the client has its answer.
  const body = request.iterator({ destroyOnReturn: false });
  try {
    return await readScoreRequest(body, async (image) => {
      const volume = await storeUpload(image, undefined, tenant, deps);
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
function prefersAsync(prefer = ''): boolean {
  return prefer.split(/[,;]/).some((part) => part.trim().toLowerCase() === 'respond-async');
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
