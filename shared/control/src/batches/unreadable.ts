import type { BatchItem, BatchRecord, Manifest } from '@parse3d/contract';
import type { Problem } from '@parse3d/contract/problems';
import { requestOfItem } from '../jobs/request.js';
import { failedManifest, type Software } from '../ledger/manifests.js';

/** Stands for prompts that were in the damaged record. */
const UNKNOWN_PROMPTS = [{ text: 'unknown', label: 1 }];

/** How an item stands in its batch whose record, or whose end, cannot be read: it has failed, and says why. */
export function unreadableItem(
  batch: BatchRecord,
  ordinal: number,
  item: BatchItem,
  why: Problem,
  software: Software,
): Manifest {
  const prompts = item.prompts ?? batch.prompts ?? UNKNOWN_PROMPTS;
  return failedManifest(requestOfItem(batch, ordinal, { ...item, prompts }), 'unreadable', software, why.toJSON());
}
