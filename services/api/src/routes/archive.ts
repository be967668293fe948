import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { blobKeys, findingsCsv, type CompletedManifest } from '@parse3d/contract';
import { Problem } from '@parse3d/contract/problems';
import { fileWord, nameForPeople } from '@parse3d/contract/names';
import { readAll, type BlobStore } from '@parse3d/storage';
import type { Response } from 'express';
import { ZipFile } from 'yazl';
import { z } from 'zod';
import { binary } from '../http/answers.js';
import { operation } from '../http/operation.js';
import { quiet } from '../http/quiet.js';
import { findJob, manifestOf } from '../jobs/find.js';
import { JobParams } from './jobs.js';

/** What a completed job found, for people and their programs. */
export const archiveRoutes = [
  operation({
    method: 'get',
    path: '/v1/jobs/{id}/archive',
    scope: 'jobs:read',
    params: JobParams,
    id: 'getArchive',
    takesLinks: true,
    summary: 'Download all outputs as a zip file',
    description:
      'Outputs under names that say their prompts (`mask-3-left-hippocampus.nii.gz`), `manifest.json` and `findings.csv`. ' +
      'It is made while it is sent.',
    tag: 'outputs',
    answers: { '200': { description: 'The zip file.', content: { 'application/zip': binary } } },
    errors: { notFound: 'job', conflict: true },
    async handler({ params: { id }, caller, response }, deps) {
      const manifest = await completed(id, caller.tenant, deps);
      await sendArchive(manifest, deps.stores.primary, response);
    },
  }),

  operation({
    method: 'get',
    path: '/v1/jobs/{id}/findings.csv',
    scope: 'jobs:read',
    params: JobParams,
    id: 'getFindings',
    takesLinks: true,
    summary: 'Download what was found as a table',
    description: 'A row per prompt, with measures where they were asked for.',
    tag: 'outputs',
    answers: { '200': { description: 'The table.', content: { 'text/csv': { schema: z.string() } } } },
    errors: { notFound: 'job', conflict: true },
    async handler({ params: { id }, caller, response }, deps) {
      const manifest = await completed(id, caller.tenant, deps);
      response.attachment(`${nameOf(manifest)}.csv`).type('text/csv; charset=utf-8');
      response.send(findingsCsv(manifest.findings));
    },
  }),
];

/** @throws Problem `state-conflict` for a job without a result */
async function completed(id: string, tenant: string, deps: Parameters<typeof findJob>[2]): Promise<CompletedManifest> {
  const manifest = await manifestOf(await findJob(id, tenant, deps), deps);
  if (manifest.status === 'completed') return manifest;
  throw new Problem('state-conflict', `job ${id} is ${manifest.status}; it has no result`, { status: manifest.status });
}

const nameOf = ({ jobId, title }: CompletedManifest): string =>
  title === undefined ? `parse3d-${jobId.slice(0, 8)}` : fileWord(title);

/** Most outputs are packed already, and are not packed twice. */
async function sendArchive(manifest: CompletedManifest, store: BlobStore, response: Response): Promise<void> {
  const { jobId, run, outputs, findings, finishedAt } = manifest;
  const said = await readAll(store, blobKeys.manifest(jobId, run));
  const zip = new ZipFile();
  // Reading begins with the first entry: whatever goes wrong from then on is heard.
  quiet(zip);
  const failed = once(zip, 'error').then(([error]: unknown[]) => {
    throw error;
  });
  // Nobody asks any more once all is sent.
  failed.catch(() => undefined);
  const options = { compress: false, mtime: new Date(finishedAt) };
  let reading: Readable | undefined;
  let over = false;
  for (const { name, key, bytes } of outputs) {
    zip.addReadStreamLazy(nameForPeople(name, findings), { ...options, size: bytes }, (give) => {
      store.read(key).then(
        ({ body }) => {
          reading = body;
          quiet(body);
          // The client may have left while the store was asked.
          if (over) body.destroy();
          else {
            body.on('error', (error: Error) => zip.emit('error', error));
            give(null, body);
          }
        },
        (error: unknown) => zip.emit('error', error),
      );
    });
  }
  zip.addBuffer(Buffer.from(said), 'manifest.json', options);
  if (outputs.every(({ name }) => name !== 'findings.csv')) {
    zip.addBuffer(Buffer.from(findingsCsv(findings)), 'findings.csv', options);
  }
  response
    .attachment(`${nameOf(manifest)}.zip`)
    .type('application/zip')
    .set('Cache-Control', 'private, no-cache');
  try {
    zip.end();
    await Promise.race([pipeline(zip.outputStream, response), failed]);
  } catch (error) {
    // A client that leaves early is no error of ours.
    if (!response.destroyed || !response.req.destroyed) throw error;
  } finally {
    over = true;
    reading?.destroy();
  }
}
