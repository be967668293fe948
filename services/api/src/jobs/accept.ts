import { blobKeys, type JobRequest } from '@parse3d/contract';
import { newestManifest } from '@parse3d/control';
import { isProblem } from '@parse3d/contract/problems';
import { jobAttributes } from '@parse3d/platform/telemetry';
import type { ApiDeps } from '../deps.js';
import { requestOf } from './find.js';

/**
 * Makes a job durable, then visible: the pending marker in storage first, the record in Redis second. When Redis does
 * not take it the marker is taken back and the error goes to the client; should even that fail, the reconciler will
 * run the job. A worker that meets a job without its marker drops it, so that a lost answer of Redis does no harm.
 *
 * @param admit asked when the job is durable and before it is visible; with false it is taken back
 * @returns the request that stands: the given one, or that of an earlier submission under the same id and run
 */
export function accept(
  request: JobRequest,
  deps: ApiDeps,
  admit: () => Promise<boolean> = () => Promise.resolve(true),
): Promise<{ standing: JobRequest; repeated: boolean }> {
  return deps.tracing.span('accept', { attributes: jobAttributes(request) }, ({ traceparent }) =>
    store(stamped(request, traceparent), deps, admit),
  );
}

/** What is done for the job from now on hangs below this span, not below that of an earlier run. */
function stamped(request: JobRequest, traceparent: string | undefined): JobRequest {
  const { traceparent: _earlier, batchTraceparent: _batch, ...rest } = request;
  return traceparent === undefined ? rest : { ...rest, traceparent };
}

async function store(
  request: JobRequest,
  deps: ApiDeps,
  admit: () => Promise<boolean>,
): Promise<{ standing: JobRequest; repeated: boolean }> {
  const { primary } = deps.stores;
  const marker = blobKeys.pending(request.jobId, request.run);
  try {
    await primary.write(marker, Buffer.from(JSON.stringify(request)), {
      ifAbsent: true,
      contentType: 'application/json',
    });
  } catch (error) {
    if (!isProblem(error, 'blob-exists')) throw error;
    const standing = (await requestOf(request.jobId, deps)) ?? request;
    await deps.records.accept(standing);
    return { standing, repeated: true };
  }
  // The same id may have run and ended before this marker was written.
  const ended = await newestManifest(primary, request.jobId);
  if (ended !== undefined && ended.run >= request.run) {
    await primary.delete(marker);
    return { standing: (await requestOf(request.jobId, deps)) ?? request, repeated: true };
  }
  try {
    if (!(await admit())) {
      await primary.delete(marker);
      return { standing: (await requestOf(request.jobId, deps)) ?? request, repeated: true };
    }
    await deps.records.accept(request);
  } catch (error) {
    await primary.delete(marker).catch((cleanup: unknown) => {
      deps.log.error(
        { err: cleanup, jobId: request.jobId },
        'pending marker could not be taken back; the job will run',
      );
    });
    throw error;
  }
  return { standing: request, repeated: false };
}
