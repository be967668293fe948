import { createHash } from 'node:crypto';
import { specOf, type JobRequest, type JobSpec, type Pack, type SubmitJob } from '@parse3d/contract';
import { matchPrompts } from '@parse3d/contract/packs';
import { Problem } from '@parse3d/contract/problems';
import { assertModelGrid } from '@parse3d/volume/geometry';
import { v5 as uuidFromName, v7 as uuidByTime } from 'uuid';
import type { ApiDeps } from '../deps.js';
import { preflight, type Reader } from './preflight.js';

/** Namespace of the job ids that are made from idempotency keys; any fixed UUID does. */
const IDEMPOTENCY_NAMESPACE = '6f1c2f0e-9c43-4c5e-8a57-3b1f4f0f6d3e';

/**
 * Accepts a job: everything that can be refused is refused before anything is stored.
 *
 * With an idempotency key the job's id is made from it, so that a repeated request finds the job, however long ago.
 *
 * @param expectedEtag version of the volume that is meant; another one is `volume-changed`
 * @throws Problem for everything wrong with the request, `queue-unavailable` when Redis is away
 */
export async function submitJob(
  body: SubmitJob,
  caller: Reader & { readonly keyId?: string | undefined },
  idempotencyKey: string | undefined,
  deps: ApiDeps,
  expectedEtag?: string,
): Promise<{ request: JobRequest; repeated: boolean }> {
  const requestSha256 = createHash('sha256').update(JSON.stringify(body)).digest('hex');
  const jobId = idempotencyKey === undefined ? uuidByTime() : jobIdFrom(caller.tenant, idempotencyKey);

  if (idempotencyKey !== undefined) {
    const earlier = await deps.control.jobs.requestOf(jobId);
    if (earlier !== undefined) return repeated(earlier, requestSha256);
  }

  await deps.control.admission.admitJob(caller.tenant);
  const pack = deps.packs.get(body.pack ?? deps.config.PARSE3D_DEFAULT_PACK);
  const choice = choosePack(body, pack);
  matchPrompts(pack, body.prompts);
  const { info, header } = await deps.tracing.span('preflight', {}, () =>
    preflight(body.input.uri, caller, deps.stores, deps.config, body.options.frame),
  );
  if (header !== undefined) {
    const xyztUnits = header.space.xyztUnits;
    assertModelGrid(header.geometry, pack, { maxVoxels: deps.config.PARSE3D_MAX_VOXELS, xyztUnits });
  }
  if (expectedEtag !== undefined && info.etag !== expectedEtag) {
    throw new Problem('volume-changed', `${body.input.uri} was replaced while the job was being accepted`, {
      expected: expectedEtag,
      actual: info.etag,
    });
  }

  const request: JobRequest = {
    jobId,
    run: 1,
    tenant: caller.tenant,
    input: { uri: body.input.uri, etag: info.etag, bytes: info.bytes },
    ...specOf({ ...body, ...choice }),
    createdAt: new Date().toISOString(),
    requestSha256,
    ...(caller.keyId === undefined ? {} : { keyId: caller.keyId }),
  };
  const accepted = await deps.control.jobs.accept(request);
  return accepted.repeated ? repeated(accepted.standing, requestSha256) : { request, repeated: false };
}

/** The id of the job that a tenant submits under an idempotency key. */
export function jobIdFrom(tenant: string, idempotencyKey: string): string {
  return uuidFromName(`${tenant}\0${idempotencyKey}`, IDEMPOTENCY_NAMESPACE);
}

function repeated(earlier: JobRequest, requestSha256: string): { request: JobRequest; repeated: boolean } {
  if (earlier.requestSha256 !== requestSha256) {
    throw new Problem('idempotency-conflict', 'the Idempotency-Key belongs to an earlier request with another body', {
      jobId: earlier.jobId,
    });
  }
  return { request: earlier, repeated: true };
}

/**
 * The version of the pack, and the modality, that an accepted job has.
 * @throws Problem `modality-unsupported`
 */
export function choosePack(
  body: { readonly modality?: JobSpec['modality'] | undefined },
  pack: Pack,
): Pick<JobSpec, 'pack' | 'modality'> {
  const modality = body.modality ?? pack.modalities[0];
  if (modality === undefined || !pack.modalities.includes(modality)) {
    throw new Problem('modality-unsupported', `pack ${pack.id} takes ${pack.modalities.join(', ')}, not ${modality}`, {
      modality,
      supported: pack.modalities,
    });
  }
  return { pack: { id: pack.id, version: pack.version }, modality };
}
