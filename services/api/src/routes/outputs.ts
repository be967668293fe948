import { blobKeys, type Manifest, type OutputFile } from '@parse3d/contract';
import { Problem } from '@parse3d/contract/problems';
import { Router } from 'express';
import { z } from 'zod';
import type { ApiDeps } from '../deps.js';
import { callerOf, requireScope } from '../http/auth.js';
import { sendBlob } from '../http/send-blob.js';
import { findJob, manifestOf } from '../jobs/find.js';
import { JobParams } from './jobs.js';

const OutputParams = JobParams.extend({ name: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/) });

/** `GET /v1/jobs/:id/outputs/:name`: the file itself, or a redirect to the store where that is configured. */
export function outputRoutes(deps: ApiDeps): Router {
  const router = Router();
  router.get('/v1/jobs/:id/outputs/:name', requireScope(deps.apiKeys, 'jobs:read'), async (request, response) => {
    const { id, name } = OutputParams.parse(request.params);
    const manifest = await manifestOf(await findJob(id, callerOf(request).tenant, deps), deps);
    const file = outputNamed(name, manifest);
    // The page's policy lets it talk to this server alone, so that it could not follow.
    const fromThePage = request.get('sec-fetch-site') === 'same-origin';
    if (deps.config.PARSE3D_REDIRECT_DOWNLOADS && !fromThePage) {
      const url = await deps.stores.primary.presignRead(file.key, { expiresInSeconds: 300, downloadAs: name });
      if (url !== undefined) {
        response.setHeader('Cache-Control', 'no-store');
        response.redirect(307, url);
        return;
      }
    }
    await sendBlob(file, { immutable: true }, request, response, deps);
  });
  return router;
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
