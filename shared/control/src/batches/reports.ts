import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { once } from 'node:events';
import { finished } from 'node:stream/promises';
import {
  batchJobId,
  blobKeys,
  csvRow,
  isTombstone,
  ITEMS_PER_CHUNK,
  measureCells,
  measureTitles,
  type BatchItem,
  type BatchRecord,
  type Manifest,
} from '@parse3d/contract';
import { Problem } from '@parse3d/contract/problems';
import { writeFileTo } from '@parse3d/storage';
import type { Ledger } from '../ledger/ledger.js';
import type { Software } from '../ledger/manifests.js';
import { itemStates, type BatchCounters, type BatchCounts } from '../live/batch-counters.js';
import { unreadableItem } from './unreadable.js';
import { BidsDerivative } from './bids/derivative.js';

/** Manifests read at the same time. */
const CONCURRENCY = 16;
/** Items laid out at the same time. */
const COPIES = 4;

export const reportNames = ['results.jsonl', 'failures.jsonl', 'summary.csv'] as const;
type ReportName = (typeof reportNames)[number];

const contentTypes: Record<ReportName, string> = {
  'results.jsonl': 'application/x-ndjson',
  'failures.jsonl': 'application/x-ndjson',
  'summary.csv': 'text/csv; charset=utf-8',
};

/** Where reports come from. */
export interface ReportSources {
  readonly ledger: Ledger;
  readonly counters: BatchCounters;
  /** Named in the derivative of a BIDS dataset. */
  readonly software: Software;
}

/**
 * Writes the reports of a batch whose items have all ended: every item in `results.jsonl`, those that did not complete
 * also in `failures.jsonl`, and one row a volume and prompt in `summary.csv`. Manifests are streamed; the files grow on
 * local disk until they are whole. Items that never became jobs have no manifest, and none is looked for: of a million
 * canceled items that would be a million requests. The results of a BIDS dataset are also laid out as a derivative of it.
 *
 * @throws Problem `queue-unavailable` when the live states are not those that were counted: Redis lost them meanwhile
 */
export async function writeReports(
  batch: BatchRecord,
  counts: BatchCounts,
  { ledger, counters, software }: ReportSources,
  signal: AbortSignal,
): Promise<void> {
  const derivative = batch.source.kind === 'bids' ? new BidsDerivative(batch, ledger.store, software) : undefined;
  const folder = await mkdtemp(join(tmpdir(), 'parse3d-reports-'));
  const files = new Map(reportNames.map((name) => [name, createWriteStream(join(folder, name))]));
  // The next write reports it. Without a listener a full disk would end the process while nobody waits for the file.
  for (const file of files.values()) file.on('error', () => undefined);
  try {
    const write = async (name: ReportName, text: string): Promise<void> => {
      const file = files.get(name);
      if (file === undefined) return;
      if (file.errored !== null) throw file.errored;
      if (!file.write(text)) await once(file, 'drain');
    };
    await write('summary.csv', csvRow([...summaryTitles, ...measureTitles]));
    const ended = { completed: 0, failed: 0 };
    for (let chunk = 0; chunk < batch.total; chunk += ITEMS_PER_CHUNK) {
      const inChunk = Math.min(ITEMS_PER_CHUNK, batch.total - chunk);
      const states = await counters.states(batch.batchId, chunk, inChunk);
      ended.completed += countOf(states, itemStates.completed);
      ended.failed += countOf(states, itemStates.failed);
      for (let index = 0; index < inChunk; index += CONCURRENCY) {
        signal.throwIfAborted();
        const first = chunk + index;
        const items = await ledger.batches.items(
          batch.batchId,
          first,
          Math.min(CONCURRENCY, inChunk - index),
          batch.total,
        );
        const manifests = await Promise.all(
          items.map(async (item, nth) =>
            states[index + nth] === 0 ? undefined : manifestOf(batch, first + nth, item, { ledger, software }),
          ),
        );
        for (const [nth, item] of items.entries()) {
          const manifest = manifests[nth];
          const line = `${JSON.stringify(reportLine(batch, first + nth, item, manifest))}\n`;
          await write('results.jsonl', line);
          if (manifest?.status !== 'completed') await write('failures.jsonl', line);
          for (const row of summaryRows(batch, first + nth, item, manifest)) await write('summary.csv', row);
        }
        if (derivative !== undefined) await layOut(derivative, items, manifests);
      }
    }
    if (ended.completed !== counts.completed || ended.failed !== counts.failed) {
      throw new Problem(
        'queue-unavailable',
        `the states of batch ${batch.batchId} changed while its reports were made`,
      );
    }
    await derivative?.close();
    for (const [name, file] of files) {
      await finished(file.end());
      await writeFileTo(ledger.store, blobKeys.batchReport(batch.batchId, name), join(folder, name), {
        contentType: contentTypes[name],
      });
    }
  } finally {
    // A store that is away fails this once a second: files that were left open would add up.
    for (const file of files.values()) file.destroy();
    await rm(folder, { recursive: true, force: true });
  }
}

/** A job of a batch is removed with its batch, so that it has no tombstone of its own. */
/** Of an end that cannot be read it is said that it failed, and why; the rest of the batch is reported. */
async function manifestOf(
  batch: BatchRecord,
  ordinal: number,
  item: BatchItem,
  { ledger, software }: Pick<ReportSources, 'ledger' | 'software'>,
): Promise<Manifest | undefined> {
  const jobId = batchJobId(batch.batchId, ordinal);
  const end = await ledger.manifests.newestReadable(jobId);
  if (end === 'unreadable') {
    const why = new Problem('record-invalid', `the manifest of job ${jobId} cannot be read`, { jobId });
    return unreadableItem(batch, ordinal, item, why, software);
  }
  return end === undefined || isTombstone(end) ? undefined : end;
}

/** Copies a few at a time: every upload to S3 holds a part in memory. */
async function layOut(
  derivative: BidsDerivative,
  items: readonly BatchItem[],
  manifests: readonly (Manifest | undefined)[],
): Promise<void> {
  for (let first = 0; first < items.length; first += COPIES) {
    const some = items.slice(first, first + COPIES);
    await Promise.all(some.map((item, index) => derivative.add(item, manifests[first + index])));
  }
}

function countOf(states: Uint8Array, wanted: number): number {
  let count = 0;
  for (const state of states) if (state === wanted) count++;
  return count;
}

function reportLine(batch: BatchRecord, ordinal: number, item: BatchItem, manifest: Manifest | undefined): object {
  const frame = item.frame === undefined ? {} : { frame: item.frame.number };
  const base = { ordinal, uri: item.uri, ...frame, jobId: batchJobId(batch.batchId, ordinal) };
  switch (manifest?.status) {
    case undefined:
      return { ...base, status: 'canceled' };
    case 'completed':
      return {
        ...base,
        run: manifest.run,
        status: 'completed',
        findings: manifest.findings,
        outputs: manifest.outputs,
      };
    case 'failed':
      return { ...base, run: manifest.run, status: 'failed', problem: manifest.problem };
    case 'canceled':
      return { ...base, run: manifest.run, status: 'canceled' };
    default:
      return manifest satisfies never;
  }
}

const summaryTitles =
  'ordinal,uri,frame,job,status,label,prompt,verdict,voxels,volume_ml,mean_probability,existence,recommended,suggestion,code'.split(
    ',',
  );

function summaryRows(batch: BatchRecord, ordinal: number, item: BatchItem, manifest: Manifest | undefined): string[] {
  const start = [ordinal, item.uri, item.frame?.number ?? null, batchJobId(batch.batchId, ordinal)];
  if (manifest?.status !== 'completed') {
    const code = manifest?.status === 'failed' ? manifest.problem.code : '';
    const status = manifest?.status ?? 'canceled';
    const prompts = item.prompts ?? batch.prompts ?? [];
    const empty = measureTitles.map(() => null);
    return prompts.map(({ label, text }) =>
      csvRow([...start, status, label, text, null, null, null, null, null, null, null, code, ...empty]),
    );
  }
  return manifest.findings.map((finding) =>
    csvRow([
      ...start,
      'completed',
      finding.label,
      finding.prompt,
      finding.verdict,
      finding.voxels,
      finding.volumeMl,
      finding.meanProbability,
      finding.existence,
      String(finding.recommended),
      finding.suggestion ?? null,
      null,
      ...measureCells(finding),
    ]),
  );
}
