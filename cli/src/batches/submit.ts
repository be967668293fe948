import { z } from 'zod';
import type { Batch, SubmitBatch, Parse3d } from '@parse3d/client';
import { formatBytes, formatCount } from '../terminal/format.js';
import type { Output } from '../terminal/output.js';
import { watchBatch } from './follow.js';

export const BatchOptions = z.object({
  name: z.string().min(1).max(200).optional(),
  errorThreshold: z
    .string()
    .regex(/^\d{1,9}$|^\d{1,3}(\.\d+)?%$/, 'expected a number of items such as 20, or a share such as 5%')
    .transform((text) =>
      text.endsWith('%') ? { share: Math.min(1, Number(text.slice(0, -1)) / 100) } : { count: Number(text) },
    )
    .optional(),
  rerun: z.boolean().default(false),
  dryRun: z.boolean().default(false),
  frames: z.literal('all', 'expected all').optional(),
});
export type BatchOptions = z.infer<typeof BatchOptions>;

/** The part of a batch's request that its own options say. */
export function batchSettings({ name, errorThreshold, rerun, frames }: BatchOptions): Partial<SubmitBatch> {
  return {
    ...(name === undefined ? {} : { name }),
    ...(errorThreshold === undefined ? {} : { errorThreshold }),
    skipCompleted: !rerun,
    ...(frames === undefined ? {} : { frames }),
  };
}

/** Submits, or with `dryRun` only counts; follows to the end when that is asked for. */
export async function submitBatch(
  client: Parse3d,
  batch: SubmitBatch,
  { dryRun, watch }: { dryRun: boolean; watch: boolean },
  output: Output,
): Promise<void> {
  if (dryRun) {
    const size = await client.batches.measure(batch);
    output.document(size);
    output.say(`${formatCount(size.total)} volumes${size.bytes > 0 ? `, ${formatBytes(size.bytes)}` : ''}`);
    tellLeftOut(size.leftOut, output);
    return;
  }
  const accepted = await client.batches.submit(batch);
  output.event(accepted);
  output.say(`${output.colours.bold(accepted.id)}  ${accepted.status}  ${formatCount(accepted.total)} volumes`);
  tellLeftOut(accepted.leftOut, output);
  if (watch) await watchBatch(client, accepted.id, output);
  else output.hint(`follow it: parse3d batch watch ${accepted.id}`);
}

/** What lies in the source and was not taken: a shorter list must not look like a whole one. */
function tellLeftOut(leftOut: Batch['leftOut'], output: Output): void {
  for (const { detail } of leftOut ?? []) output.note(`not taken: ${detail}`);
}
