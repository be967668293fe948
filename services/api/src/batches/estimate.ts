import type { BatchEstimate, Pack } from '@parse3d/contract';
import type { ApiDeps } from '../deps.js';

/** What a slot is taken to move of a pack's working memory before anything has run. Unit: bytes a second. */
const ASSUMED_BYTES_PER_SECOND = 200e6;

/**
 * How long the workers that run now would need for so many volumes and bytes: from what the latest jobs of the pack took, or,
 * when none has run, a rough guess from the pack's need of memory. Undefined when the pack tells neither, or sizes are
 * not known.
 */
export async function estimate(
  { total, bytes }: { total: number; bytes: number },
  pack: Pack,
  deps: ApiDeps,
): Promise<BatchEstimate | undefined> {
  const workers = await deps.control.workers.live();
  const able = workers.filter(({ packs, draining }) => packs.includes(pack.id) && !draining);
  const slots = able.reduce((sum, worker) => sum + worker.slots, 0);
  // More slots than volumes help nobody; without a worker the time is that of the first one to come.
  const side = Math.max(1, Math.min(slots, total));
  const recent = await deps.control.pace.recent(pack.id);
  if (recent !== undefined) {
    // A manifest and a list tell no sizes: then the mean volume counts.
    const ms = bytes > 0 && recent.bytes > 0 ? (bytes * recent.ms) / recent.bytes : (total * recent.ms) / recent.jobs;
    return { seconds: Math.ceil(ms / 1_000 / side), basis: 'recent-jobs', jobs: recent.jobs, slots };
  }
  if (pack.bytesPerVoxel === undefined || bytes === 0) return undefined;
  // A voxel is taken for one byte in storage, as of 16-bit images that were compressed.
  const seconds = (bytes * pack.bytesPerVoxel) / ASSUMED_BYTES_PER_SECOND / side;
  return { seconds: Math.ceil(seconds), basis: 'pack', jobs: 0, slots };
}
