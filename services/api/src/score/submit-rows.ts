import type { ApiKeyRecord } from '@parse3d/platform/access';
import {
  Modality,
  modalityNamedIn,
  PackId,
  splitJoinedPrompts,
  SubmitJob,
  type JobRequest,
  type UploadedVolume,
} from '@parse3d/contract';
import { targetsOf } from '@parse3d/contract/packs';
import { Problem } from '@parse3d/contract/problems';
import { parseBlobUri } from '@parse3d/storage';
import { z } from 'zod';
import type { ApiDeps } from '../deps.js';
import { parseRequest } from '../http/parse.js';
import { submitJob } from '../jobs/submit.js';
import type { ScoreRow } from './request.js';

/** Query of `POST /score`; the hosted contract has none of these. */
export const ScoreQuery = z.strictObject({
  pack: PackId.optional().meta({ description: 'Default: the server’s default pack.' }),
  modality: Modality.optional().meta({
    description: 'Default: what the prompts say (`… in abdominal CT`), else the first modality of the pack.',
  }),
});
export type ScoreQuery = z.infer<typeof ScoreQuery>;

/**
 * A job for every row, or none: when one is refused those before it are taken back, and so are the volumes.
 * @throws Problem everything that a submission can be refused for
 */
export async function submitRows(
  rows: readonly ScoreRow<UploadedVolume>[],
  query: ScoreQuery,
  caller: ApiKeyRecord,
  deps: ApiDeps,
): Promise<JobRequest[]> {
  const jobs: JobRequest[] = [];
  try {
    for (const { image, text } of rows) {
      const pack = query.pack ?? deps.config.PARSE3D_DEFAULT_PACK;
      const prompts = splitJoinedPrompts(text, targetsOf(deps.packs.get(pack)));
      if (prompts.length === 0) throw new Problem('request-invalid', 'input_data.data: expected a prompt in the text');
      const body = parseRequest(SubmitJob, {
        input: { uri: image.uri },
        prompts,
        pack,
        modality: query.modality ?? namedModality(prompts, deps.packs.get(pack).modalities),
        // The answer is the label map alone.
        outputs: { preview: false },
        lane: 'interactive',
      });
      jobs.push((await submitJob(body, { ...caller, keyId: caller.id }, undefined, deps)).request);
    }
    return jobs;
  } catch (error) {
    await cancelAll(jobs, deps);
    await discard(
      rows.map(({ image }) => image),
      deps,
    );
    throw error;
  }
}

/** Nobody will read their results. Best effort: what is not stopped here runs to its end. */
export async function cancelAll(jobs: readonly JobRequest[], deps: ApiDeps): Promise<void> {
  for (const job of jobs) {
    await deps.control.jobs.cancel(job).catch((error: unknown) => {
      deps.log.warn({ err: error, jobId: job.jobId }, 'job of a client that left could not be canceled');
    });
  }
}

/** Removes uploads that no job refers to. Best effort: what is left costs space, and the caller has an error to tell. */
export async function discard(volumes: readonly UploadedVolume[], deps: ApiDeps): Promise<void> {
  for (const { uri } of volumes) {
    await deps.stores.primary.delete(parseBlobUri(uri).key).catch((error: unknown) => {
      deps.log.warn({ err: error }, 'upload that is not used could not be removed');
    });
  }
}

/** The one modality that the prompts name, if the pack takes it. */
function namedModality(prompts: readonly string[], supported: readonly Modality[]): Modality | undefined {
  const named = new Set(prompts.map(modalityNamedIn).filter((modality) => modality !== undefined));
  const [first] = named;
  return named.size === 1 && first !== undefined && supported.includes(first) ? first : undefined;
}
