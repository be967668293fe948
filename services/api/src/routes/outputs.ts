import { blobKeys, Manifest, type OutputFile } from '@parse3d/contract';
import { Problem } from '@parse3d/contract/problems';
import { z } from 'zod';
import { file, json } from '../http/answers.js';
import { operation, type Call } from '../http/operation.js';
import { sendBlob } from '../http/send-blob.js';
import type { ApiDeps } from '../deps.js';
import { findJob, manifestOf } from '../jobs/find.js';
import { JobParams } from './jobs.js';

const FILE_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;
const OutputParams = JobParams.extend({
  name: z
    .string()
    .refine((name) => FILE_NAME.test(name), 'expected the name of a file')
    .meta({ example: 'labels.nii.gz' }),
});

/** A link is followed at once. Whoever has it needs no key, so that it outlives a revoked one by this. Unit: s. */
const LINK_SECONDS = 60;

export const outputRoutes = [
  operation({
    method: 'get',
    path: '/v1/jobs/{id}/outputs/manifest.json',
    scope: 'jobs:read',
    params: JobParams,
    id: 'getManifest',
    takesLinks: true,
    summary: 'Manifest of an ended job',
    tag: 'outputs',
    answers: { '200': json(Manifest, 'What was done and found.') },
    errors: { notFound: 'job', conflict: true },
    handler: ({ params, ...call }, deps) => sendOutput({ ...params, name: 'manifest.json' }, call, deps),
  }),

  operation({
    method: 'get',
    path: '/v1/jobs/{id}/outputs/{name}',
    scope: 'jobs:read',
    params: OutputParams,
    id: 'getOutput',
    takesLinks: true,
    summary: 'Download an output',
    tag: 'outputs',
    answers: {
      ...file('The file. Byte ranges are served.'),
      '307': { description: 'A short-lived URL of the store, where the server is set up so.' },
    },
    errors: { notFound: 'job or output', conflict: true },
    handler: ({ params, ...call }, deps) => sendOutput(params, call, deps),
  }),
];

/** Sends the file itself, or a redirect to the store where that is configured. */
async function sendOutput(
  { id, name }: z.infer<typeof OutputParams>,
  {
    request,
    response,
    caller,
  }: Pick<Call<'jobs:read', unknown, unknown, unknown, unknown>, 'request' | 'response' | 'caller'>,
  deps: ApiDeps,
): Promise<void> {
  const manifest = await manifestOf(await findJob(id, caller.tenant, deps), deps);
  const file = outputNamed(name, manifest);
  // The page's policy lets it talk to this server alone, so that it could not follow.
  const fromThePage = request.get('sec-fetch-site') === 'same-origin';
  if (deps.config.PARSE3D_REDIRECT_DOWNLOADS && !fromThePage) {
    const url = await deps.stores.primary.presignRead(file.key, { expiresInSeconds: LINK_SECONDS, downloadAs: name });
    if (url !== undefined) {
      response.setHeader('Cache-Control', 'no-store');
      response.redirect(307, url);
      return;
    }
  }
  await sendBlob(file, { immutable: true }, request, response, deps);
}

function outputNamed(name: string, manifest: Manifest): Pick<OutputFile, 'name' | 'key' | 'contentType'> {
  if (name === 'manifest.json') {
    return { name, key: blobKeys.manifest(manifest.jobId, manifest.run), contentType: 'application/json' };
  }
  const outputs = manifest.status === 'completed' ? manifest.outputs : [];
  const file = outputs.find((output) => output.name === name);
  if (file !== undefined) return file;
  const names = ['manifest.json', ...outputs.map((output) => output.name)];
  throw new Problem('not-found', `job ${manifest.jobId} has no output ${name}; it has ${names.join(', ')}`, {
    name,
    names,
  });
}
