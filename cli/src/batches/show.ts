import type { Batch, BatchItemPage } from '@parse3d/client';
import { formatAge, formatBytes, formatCount, formatSeconds } from '../terminal/format.js';
import type { Colours, Output } from '../terminal/output.js';
import { table } from '../terminal/table.js';

/** `12 of 40, 1 failed, 34/min, 49 s left` */
export function progressText({ status, counts, total, itemsPerMinute, etaSeconds }: Batch): string {
  const done = counts.completed + counts.failed + counts.canceled;
  return [
    `${status}, ${formatCount(done)} of ${formatCount(total)}`,
    counts.failed > 0 ? `${formatCount(counts.failed)} failed` : '',
    counts.canceled > 0 ? `${formatCount(counts.canceled)} canceled` : '',
    itemsPerMinute === undefined ? '' : `${formatCount(Number(itemsPerMinute.toPrecision(3)))}/min`,
    etaSeconds === undefined ? '' : `${formatSeconds(etaSeconds)} left`,
  ]
    .filter((part) => part !== '')
    .join(', ');
}

export const shareDone = ({ counts, total }: Batch): number =>
  (counts.completed + counts.failed + counts.canceled) / total;

export function showBatch(batch: Batch, output: Output): void {
  output.document(batch);
  const { bold, dim, red } = output.colours;
  const { counts } = batch;
  const lines: [string, string | undefined][] = [
    [
      'status',
      `${paint(batch.status, output.colours)}${batch.finishedAt === undefined ? '' : `, ${formatAge(batch.finishedAt)}`}`,
    ],
    ['items', `${formatCount(batch.total)}${batch.bytes > 0 ? dim(`  ${formatBytes(batch.bytes)}`) : ''}`],
    ['waiting', formatCount(counts.waiting)],
    ['running', formatCount(counts.running)],
    [
      'completed',
      `${formatCount(counts.completed)}${batch.skipped > 0 ? dim(`  ${formatCount(batch.skipped)} reused`) : ''}`,
    ],
    ['failed', counts.failed > 0 ? red(formatCount(counts.failed)) : '0'],
    ['canceled', formatCount(counts.canceled)],
    ['rate', batch.itemsPerMinute === undefined ? undefined : `${batch.itemsPerMinute}/min`],
    ['left', batch.etaSeconds === undefined ? undefined : formatSeconds(batch.etaSeconds)],
    ['created', formatAge(batch.createdAt)],
    ['not taken', batch.leftOut?.map(({ detail }) => detail).join('; ')],
    ['reports', batch.reports?.map(({ name }) => name).join(', ')],
  ];
  output.say(`${bold(batch.id)}${batch.name === undefined ? '' : `  ${batch.name}`}`);
  for (const [name, value] of lines) if (value !== undefined) output.say(`  ${dim(name.padEnd(9))} ${value}`);
}

export function batchTable(batches: readonly Batch[], colours: Colours): string {
  const columns = [
    { title: 'batch' },
    { title: 'status' },
    { title: 'done', align: 'right' as const },
    { title: 'failed', align: 'right' as const },
    { title: 'left', align: 'right' as const },
    { title: 'created' },
    { title: 'name' },
  ];
  const rows = batches.map((batch) => [
    batch.id,
    paint(batch.status, colours),
    `${formatCount(batch.counts.completed + batch.counts.failed + batch.counts.canceled)}/${formatCount(batch.total)}`,
    batch.counts.failed > 0 ? colours.red(formatCount(batch.counts.failed)) : '0',
    batch.etaSeconds === undefined ? '' : formatSeconds(batch.etaSeconds),
    formatAge(batch.createdAt),
    batch.name ?? '',
  ]);
  return table(columns, rows, colours);
}

export function itemTable({ items }: BatchItemPage, colours: Colours): string {
  const columns = [
    { title: 'item', align: 'right' as const },
    { title: 'status' },
    { title: 'job' },
    { title: 'volume' },
  ];
  const rows = items.map(({ ordinal, status, jobId, uri, frame }) => [
    String(ordinal),
    paint(status, colours),
    jobId,
    frame === undefined ? uri : `${uri}, frame ${frame}`,
  ]);
  return table(columns, rows, colours);
}

type Word = Batch['status'] | BatchItemPage['items'][number]['status'];

function paint(status: Word, { green, red, cyan, yellow, dim }: Colours): string {
  switch (status) {
    case 'completed':
      return green(status);
    case 'failed':
    case 'stopped':
      return red(status);
    case 'running':
      return cyan(status);
    case 'paused':
    case 'canceled':
      return yellow(status);
    case 'open':
      return dim(status);
  }
}
