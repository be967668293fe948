import type { LinkView } from '@parse3d/contract';
import { CreateLink, LinkList, NewLink } from '@parse3d/contract';
import type { LinkRecord } from '@parse3d/platform/access';
import { isProblem, Problem } from '@parse3d/contract/problems';
import { z } from 'zod';
import { file, json } from '../http/answers.js';
import { optionalJsonBody } from '../http/body.js';
import { operation } from '../http/operation.js';
import { publicUrl } from '../http/public-url.js';
import { sendBlob } from '../http/send-blob.js';
import { findJob } from '../jobs/find.js';
import { requireMayRead } from '../jobs/list-volumes.js';
import { JobParams } from './jobs.js';

const LinkParams = JobParams.extend({ linkId: z.string().regex(/^[A-Za-z0-9]{12}$/) });

const DAY_MS = 86_400_000;

/** Links with which others look at one job, and the volume that they see it with. */
export const linkRoutes = [
  operation({
    method: 'post',
    path: '/v1/jobs/{id}/links',
    scope: 'jobs:write',
    params: JobParams,
    body: optionalJsonBody(CreateLink),
    id: 'createLink',
    summary: 'Make a link that shows one job',
    description:
      'Whoever has the link reads the job, its outputs and its volume, and nothing else, until it expires, is revoked, or ' +
      'the key that made it ends.',
    tag: 'jobs',
    answers: { '201': json(NewLink, 'Made. The token is seen here alone.') },
    errors: { notFound: 'job', quota: true },
    async handler({ params: { id }, body: { days }, caller, request, response }, deps) {
      await findJob(id, caller.tenant, deps);
      const { token, record } = await deps.links.create(id, caller, days * DAY_MS);
      request.log.info({ jobId: id, tenant: caller.tenant, keyId: caller.id, linkId: record.id }, 'link made');
      const url = publicUrl(`/shared/${id}#${token}`, deps.config);
      response
        .status(201)
        .set('Cache-Control', 'no-store')
        .json({ ...viewLink(record), token, url });
    },
  }),

  operation({
    method: 'get',
    path: '/v1/jobs/{id}/links',
    scope: 'jobs:read',
    params: JobParams,
    id: 'listLinks',
    summary: 'Links to a job, oldest first',
    tag: 'jobs',
    answers: { '200': json(LinkList, 'Links that were not revoked.') },
    errors: { notFound: 'job' },
    async handler({ params: { id }, caller, response }, deps) {
      await findJob(id, caller.tenant, deps);
      response.json({ links: (await deps.links.list(id)).map(viewLink) });
    },
  }),

  operation({
    method: 'delete',
    path: '/v1/jobs/{id}/links/{linkId}',
    scope: 'jobs:write',
    params: LinkParams,
    id: 'revokeLink',
    summary: 'Revoke a link',
    description: 'It opens nothing any more, on other servers within seconds; what it has open is broken off.',
    tag: 'jobs',
    answers: { '204': { description: 'It is revoked.' } },
    errors: { notFound: 'job or link' },
    async handler({ params: { id, linkId }, caller, request, response }, deps) {
      await findJob(id, caller.tenant, deps);
      await deps.links.revoke(id, linkId);
      request.log.info({ jobId: id, tenant: caller.tenant, keyId: caller.id, linkId }, 'link revoked');
      response.status(204).end();
    },
  }),

  operation({
    method: 'get',
    path: '/v1/jobs/{id}/input',
    scope: 'jobs:read',
    params: JobParams,
    id: 'getInput',
    takesLinks: true,
    summary: 'Read the volume of a job, whole or in ranges',
    description: 'The version that the job was submitted with; one that was replaced since is refused.',
    tag: 'jobs',
    answers: file('The file.'),
    errors: { notFound: 'job', unprocessable: true },
    async handler({ params: { id }, caller, request, response }, deps) {
      const { input } = (await findJob(id, caller.tenant, deps)).request;
      requireMayRead(caller, input.uri, deps);
      if (input.uri.endsWith('/')) {
        throw new Problem('volume-missing', `the input of job ${id} is a folder, not a file`, { uri: input.uri });
      }
      const { store, key } = deps.stores.open(input.uri);
      try {
        const known = await store.head(key);
        const { etag } = known;
        if (input.etag !== '' && etag !== input.etag) {
          throw new Problem('volume-changed', `${input.uri} was replaced since the job was submitted`, {
            expected: input.etag,
            actual: etag,
          });
        }
        const contentType = key.endsWith('.gz') ? 'application/gzip' : 'application/octet-stream';
        const name = key.endsWith('.gz') ? 'volume.nii.gz' : 'volume.nii';
        await sendBlob({ name, key, contentType }, { immutable: false, known }, request, response, deps, store);
      } catch (error) {
        if (!isProblem(error, 'blob-missing')) throw error;
        throw new Problem('volume-missing', `there is no object at ${input.uri}`, { uri: input.uri });
      }
    },
  }),
];

const viewLink = ({ id, jobId, createdAt, expiresAt, keyId }: LinkRecord): LinkView => ({
  id,
  jobId,
  createdAt,
  expiresAt,
  expired: Date.parse(expiresAt) <= Date.now(),
  keyId,
});
