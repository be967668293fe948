import { setTimeout as pause } from 'node:timers/promises';
import { isProblem } from '@parse3d/contract/problems';
import type { BatchAnswer, Parse3dClient } from '../client/index.js';
import { BatchEnded, untilInterrupted } from '../errors.js';
import { formatSeconds, shorten } from '../terminal/format.js';
import type { Output } from '../terminal/output.js';
import { progressBoard } from '../terminal/progress.js';
import { progressText, shareDone } from './show.js';

const LOOK_EVERY_MS = 500;
/** Long batches need not be asked for that often. */
const SLOWEST_LOOK_MS = 5_000;
/** How long a server that does not answer may take to come back. */
const RECONNECT_WITHIN_MS = 60_000;

/**
 * Follows a batch to its end, on a line of progress and, with `--json`, as one object a line whenever it has changed.
 * @returns the batch, with everything completed
 * @throws BatchEnded when an item failed or was canceled
 */
export function watchBatch(client: Parse3dClient, id: string, output: Output): Promise<BatchAnswer> {
  return untilInterrupted(async (signal) => {
    const board = progressBoard(output);
    try {
      const first = await client.batches.get(id, { signal });
      const line = board.line(shorten(first.name ?? 'batch', 24));
      let told = '';
      for await (const batch of looks(client, first, signal)) {
        const { itemsPerMinute: _rate, etaSeconds: _eta, ...facts } = batch;
        const news = JSON.stringify(facts);
        if (news !== told) output.event(batch);
        told = news;
        line.update(shareDone(batch), progressText(batch));
        if (batch.finishedAt === undefined) continue;
        line.end(`${progressText(batch)} in ${duration(batch)}`);
        board.close();
        return requireComplete(batch, output);
      }
      throw signal.reason;
    } finally {
      board.close();
    }
  }, `stopped watching; the batch goes on (parse3d batch watch ${id})`);
}

async function* looks(client: Parse3dClient, first: BatchAnswer, signal: AbortSignal): AsyncGenerator<BatchAnswer> {
  let everyMs = LOOK_EVERY_MS;
  let lostAt: number | undefined;
  for (let batch: BatchAnswer | undefined = first; ;) {
    if (batch !== undefined) yield batch;
    await pause(everyMs, undefined, { signal });
    everyMs = Math.min(everyMs * 1.1, SLOWEST_LOOK_MS);
    try {
      batch = await client.batches.get(first.id, { signal });
      lostAt = undefined;
    } catch (error) {
      lostAt ??= Date.now();
      const passes = isProblem(error) && error.retry === 'later' && Date.now() - lostAt < RECONNECT_WITHIN_MS;
      if (signal.aborted || !passes) throw error;
      batch = undefined;
    }
  }
}

function requireComplete(batch: BatchAnswer, output: Output): BatchAnswer {
  const { failed, canceled } = batch.counts;
  if (failed > 0 || canceled > 0 || batch.status !== 'completed') {
    const parts = [failed > 0 ? `${failed} failed` : '', canceled > 0 ? `${canceled} canceled` : ''];
    const detail = `of ${batch.total} items ${parts.filter((part) => part !== '').join(', ') || 'not all were run'}`;
    throw new BatchEnded(batch.id, batch.status, detail);
  }
  output.hint(`fetch the reports: parse3d batch results ${batch.id}`);
  return batch;
}

const duration = ({ createdAt, finishedAt = createdAt }: BatchAnswer): string =>
  formatSeconds((Date.parse(finishedAt) - Date.parse(createdAt)) / 1000);
