import { BatchStore } from '@parse3d/control';
import { Problem } from '@parse3d/contract/problems';
import type { ApiDeps } from '../deps.js';
import type { FoundBatch } from './find.js';

/** Nothing more of it is fed until it is resumed; what runs goes on. @throws Problem `state-conflict` */
export async function pauseBatch(found: FoundBatch, deps: ApiDeps): Promise<void> {
  await move(found, 'paused', ['running', 'paused'], deps);
}

/** @throws Problem `state-conflict` */
export async function resumeBatch(found: FoundBatch, deps: ApiDeps): Promise<void> {
  await move(found, 'running', ['running', 'paused'], deps);
}

/** Ends what has not begun at once, and what runs within seconds. @throws Problem `state-conflict` */
export async function cancelBatch(found: FoundBatch, deps: ApiDeps): Promise<void> {
  requireStatus(found, ['running', 'paused', 'stopped', 'canceled']);
  await new BatchStore(deps.stores.primary).setControl(found.batch.batchId, 'canceled');
  await deps.records.batches.close(found.batch.batchId, 'canceled');
}

/** Storage first: what was asked survives Redis. */
async function move(
  found: FoundBatch,
  to: 'running' | 'paused',
  from: readonly string[],
  deps: ApiDeps,
): Promise<void> {
  requireStatus(found, from);
  await new BatchStore(deps.stores.primary).setControl(found.batch.batchId, to);
  await deps.records.batches.setStatus(found.batch.batchId, to);
}

/** @throws Problem `state-conflict` in any other status than these */
export function requireStatus({ batch, live }: FoundBatch, allowed: readonly string[]): void {
  const status = live?.status ?? 'completed';
  if (allowed.includes(status)) return;
  throw new Problem('state-conflict', `batch ${batch.batchId} is ${status}`, { status });
}
