import type { Batch, Parse3d } from '@parse3d/client';
import { untilInterrupted } from '../errors/interrupt.js';
import { BatchEnded } from '../errors/kinds.js';
import { formatSeconds, shorten } from '../terminal/format.js';
import type { Output } from '../terminal/output.js';
import { progressBoard } from '../terminal/progress.js';
import { progressText, shareDone } from './show.js';

/**
 * Follows a batch to its end, on a line of progress and, with `--json`, as one object a line whenever it has changed.
 * @returns the batch, with everything completed
 * @throws BatchEnded when an item failed or was canceled
 */
export function watchBatch(client: Parse3d, id: string, output: Output): Promise<Batch> {
  return untilInterrupted(async (signal) => {
    const board = progressBoard(output);
    try {
      const first = await client.batches.get(id, { signal });
      const line = board.line(shorten(first.name ?? 'batch', 24));
      let shown = '';
      const onLook = (batch: Batch): void => {
        const { itemsPerMinute: _rate, etaSeconds: _eta, ...facts } = batch;
        const news = JSON.stringify(facts);
        if (news !== shown) output.event(batch);
        shown = news;
        line.update(shareDone(batch), progressText(batch));
      };
      const ended = await client.batches.wait(id, { onLook, signal });
      line.end(`${progressText(ended)} in ${duration(ended)}`);
      board.close();
      return requireComplete(ended, output);
    } finally {
      board.close();
    }
  }, `stopped watching; the batch goes on (parse3d batch watch ${id})`);
}

function requireComplete(batch: Batch, output: Output): Batch {
  const { failed, canceled } = batch.counts;
  if (failed > 0 || canceled > 0 || batch.status !== 'completed') {
    const parts = [failed > 0 ? `${failed} failed` : '', canceled > 0 ? `${canceled} canceled` : ''];
    const detail = `of ${batch.total} items ${parts.filter((part) => part !== '').join(', ') || 'not all were run'}`;
    throw new BatchEnded(batch.id, batch.status, detail);
  }
  output.hint(`fetch the reports: parse3d batch results ${batch.id}`);
  return batch;
}

const duration = ({ createdAt, finishedAt = createdAt }: Batch): string =>
  formatSeconds((Date.parse(finishedAt) - Date.parse(createdAt)) / 1000);
