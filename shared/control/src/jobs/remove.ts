import { blobKeys, isTombstone, placeOf, type RunId } from '@parse3d/contract';
import { each } from '@parse3d/async';
import { listAll, type BlobInfo } from '@parse3d/storage';
import type { ControlDeps } from './deps.js';

/** Objects removed at a time. */
const AT_ONCE = 16;

/** What was removed, and whether that was all. */
export interface Removed {
  objects: number;
  bytes: number;
  complete: boolean;
}

export const nothingRemoved = (): Removed => ({ objects: 0, bytes: 0, complete: true });

/**
 * Removes the objects below a prefix; can be repeated.
 *
 * @param sum to which what was removed is added
 * @param most objects; when more are there, `complete` of the sum is false
 * @param before is done with a key before its object goes
 */
export async function removeBelow(
  prefix: string,
  keeps: (key: string) => boolean,
  { ledger }: Pick<ControlDeps, 'ledger'>,
  sum: Removed,
  most: number,
  { signal, before }: { signal?: AbortSignal | undefined; before?: (key: string) => Promise<void> } = {},
): Promise<void> {
  await each(below(), AT_ONCE, async ({ key, bytes }) => {
    signal?.throwIfAborted();
    await before?.(key);
    await ledger.store.delete(key);
    sum.bytes += bytes;
  });
  // A listing that is broken off ends like one that is whole.
  signal?.throwIfAborted();

  async function* below(): AsyncGenerator<BlobInfo> {
    for await (const blob of listAll(ledger.store, prefix, signal)) {
      if (keeps(blob.key)) continue;
      if (sum.objects >= most) {
        sum.complete = false;
        return;
      }
      sum.objects++;
      yield blob;
    }
  }
}

/** Ends that runs share the outputs of others. Outputs that a removed job kept for them go with the last of these. */
export async function endShares(jobIds: string, deps: ControlDeps, sum: Removed): Promise<void> {
  const { shares } = deps.ledger;
  for await (const { of, by } of shares.by(jobIds)) {
    await shares.remove(of, by);
    if (!(await isPurged(of, deps)) || (await shares.isShared(of))) continue;
    await removeBelow(attemptsOf(of), () => false, deps, sum, Infinity);
  }
}

const attemptsOf = ({ jobId, run }: RunId): string => `${blobKeys.runPrefix(jobId, run)}attempts/`;

async function isPurged({ jobId, run }: RunId, { ledger }: ControlDeps): Promise<boolean> {
  const place = placeOf(jobId);
  const stored = await (place === undefined ? ledger.manifests.read(jobId, run) : ledger.batches.stored(place.batchId));
  return stored !== undefined && isTombstone(stored);
}
