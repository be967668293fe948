import { Latch } from '@parse3d/async';
import { isEnded, type JobRequest, type Manifest } from '@parse3d/contract';
import type { ApiDeps } from '../deps.js';

/** Looked at so often even when no notification comes: they are hints and may be lost. Unit: ms. */
const LOOK_EVERY_MS = 5_000;

/**
 * The manifest of a run, once it has ended; undefined when the signal is aborted first. Storage is asked, which is the
 * record: so it is told also when Redis has forgotten the job.
 */
export async function manifestWhenEnded(
  { jobId, run }: JobRequest,
  deps: ApiDeps,
  signal: AbortSignal,
): Promise<Manifest | undefined> {
  const news = new Latch();
  const wake = (): void => news.wake();
  const unsubscribe = deps.control.events.onJob(jobId, wake);
  signal.addEventListener('abort', wake);
  try {
    for (; !signal.aborted; await news.wait(LOOK_EVERY_MS)) {
      if (!(await hasEnded(jobId, run, deps))) continue;
      const manifest = await deps.control.jobs.manifest(jobId);
      if (manifest !== undefined && manifest.run >= run) return manifest;
    }
    return undefined;
  } finally {
    unsubscribe();
    signal.removeEventListener('abort', wake);
  }
}

/** A notification comes with every step of progress; the live record says cheaply whether it is worth looking. */
async function hasEnded(jobId: string, run: number, deps: ApiDeps): Promise<boolean> {
  const record = await deps.control.jobs.record(jobId).catch(() => undefined);
  if (record === undefined) return true;
  return record.request.run > run || isEnded(record.status);
}
