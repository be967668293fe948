import { isTombstone, placeOf, type JobRequest } from '@parse3d/contract';
import { Problem } from '@parse3d/contract/problems';
import type { ControlDeps } from './deps.js';
import { findJob } from './find.js';
import { purgedProblem } from './purged.js';

/** The request that stands under an id and run, and whether an earlier submission brought it. */
export interface Accepted {
  readonly standing: JobRequest;
  readonly repeated: boolean;
}

/** See `Jobs.accept`. */
export async function acceptJob(
  request: JobRequest,
  admit: () => Promise<boolean>,
  deps: ControlDeps,
): Promise<Accepted> {
  const { ledger, live, log } = deps;
  const { jobId, run } = request;
  const earlier = async (): Promise<Accepted> => ({
    standing: (await requestOf(jobId, deps)) ?? request,
    repeated: true,
  });
  if (!(await ledger.pending.write(request))) {
    const accepted = await earlier();
    await live.records.accept(accepted.standing);
    return accepted;
  }
  try {
    await requireStanding(request, deps);
    // The same id may have run and ended before this marker was written.
    const ended = await ledger.manifests.newest(jobId);
    if (ended !== undefined && !isTombstone(ended) && ended.run >= run) {
      await ledger.pending.remove(jobId, run);
      return await earlier();
    }
    if (!(await admit())) {
      await ledger.pending.remove(jobId, run);
      return await earlier();
    }
    await live.records.accept(request);
  } catch (error) {
    await ledger.pending.remove(jobId, run).catch((cleanup: unknown) => {
      log.error({ err: cleanup, jobId }, 'pending marker could not be taken back; the job will run');
    });
    throw error;
  }
  return { standing: request, repeated: false };
}

/** The newest request of a job. @throws Problem `purged` */
export async function requestOf(jobId: string, deps: ControlDeps): Promise<JobRequest | undefined> {
  const found = await findJob(jobId, deps);
  if (found?.source === 'purged') throw purgedProblem(found.tombstone);
  return found?.request;
}

/**
 * The run has its marker now. Whoever removes an upload or a job leaves a mark of that first and looks for markers then:
 * of the two at least one sees the other.
 *
 * @throws Problem `volume-missing`, `purged`
 */
async function requireStanding({ jobId, input }: JobRequest, { ledger }: ControlDeps): Promise<void> {
  const place = placeOf(jobId);
  const stored = await (place === undefined ? ledger.manifests.newest(jobId) : ledger.batches.stored(place.batchId));
  if (stored !== undefined && isTombstone(stored)) throw purgedProblem(stored);
  const upload = ledger.uploads.at(input.uri);
  if (upload !== undefined && (await ledger.uploads.isGone(upload))) throw goneProblem(input.uri);
}

export const goneProblem = (uri: string): Problem =>
  new Problem('volume-missing', `${uri} was used by nothing for so long that it is being removed; upload it again`, {
    uri,
  });
