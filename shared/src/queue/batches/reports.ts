import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { once } from 'node:events';
import {
  batchJobId,
  blobKeys,
  ITEMS_PER_CHUNK,
  type BatchItem,
  type BatchRecord,
  type Manifest,
} from '../../contract/index.js';
import type { BlobStore } from '../../storage/index.js';
import { newestManifest, type Software } from '../commit.js';
import { BidsDerivative } from './bids/derivative.js';
import type { BatchStore } from './store.js';

/** Manifests read at the same time. */
const CONCURRENCY = 16;
/** Items laid out at the same time. */
const COPIES = 4;

export const reportNames = ['results.jsonl', 'failures.jsonl', 'summary.csv'] as const;
export type ReportName = (typeof reportNames)[number];

const contentTypes: Record<ReportName, string> = {
  'results.jsonl': 'application/x-ndjson',
  'failures.jsonl': 'application/x-ndjson',
  'summary.csv': 'text/csv; charset=utf-8',
};

/**
 * Writes the reports of a batch whose items have all ended: every item in `results.jsonl`, those that did not complete
 * also in `failures.jsonl`, and one row a volume and prompt in `summary.csv`. Manifests are streamed; the files grow on
 * local disk until they are whole. The results of a BIDS dataset are also laid out as a derivative of it.
 */
export async function writeReports(
  batch: BatchRecord,
  batches: BatchStore,
  store: BlobStore,
  software: Software,
): Promise<void> {
  const derivative = batch.source.kind === 'bids' ? new BidsDerivative(batch, store, software) : undefined;
  const folder = await mkdtemp(join(tmpdir(), 'parse3d-reports-'));
  try {
    const files = new Map(reportNames.map((name) => [name, createWriteStream(join(folder, name))]));
    const write = async (name: ReportName, text: string): Promise<void> => {
      const file = files.get(name);
      if (file !== undefined && !file.write(text)) await once(file, 'drain');
    };
    await write(
      'summary.csv',
      'ordinal,uri,job,status,label,prompt,verdict,voxels,volume_ml,mean_probability,existence,code\n',
    );
    for (let first = 0; first < batch.total; first += CONCURRENCY) {
      // The last group of a chunk may be short; the next one begins with the next chunk.
      const count = Math.min(CONCURRENCY, batch.total - first, ITEMS_PER_CHUNK - (first % ITEMS_PER_CHUNK));
      const items = await batches.items(batch.batchId, first, count);
      const manifests = await Promise.all(
        items.map((_, index) => newestManifest(store, batchJobId(batch.batchId, first + index))),
      );
      for (const [index, item] of items.entries()) {
        const manifest = manifests[index];
        const line = `${JSON.stringify(reportLine(batch, first + index, item, manifest))}\n`;
        await write('results.jsonl', line);
        if (manifest?.status !== 'completed') await write('failures.jsonl', line);
        for (const row of summaryRows(batch, first + index, item, manifest)) await write('summary.csv', row);
      }
      if (derivative !== undefined) await layOut(derivative, items, manifests);
      first -= CONCURRENCY - count;
    }
    await derivative?.close();
    for (const [name, file] of files) {
      file.end();
      await once(file, 'close');
      await store.write(blobKeys.batchReport(batch.batchId, name), createReadStream(join(folder, name)), {
        contentType: contentTypes[name],
      });
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
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

function reportLine(batch: BatchRecord, ordinal: number, item: BatchItem, manifest: Manifest | undefined): object {
  const base = { ordinal, uri: item.uri, jobId: batchJobId(batch.batchId, ordinal) };
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

function summaryRows(batch: BatchRecord, ordinal: number, item: BatchItem, manifest: Manifest | undefined): string[] {
  const start = [ordinal, item.uri, batchJobId(batch.batchId, ordinal)];
  if (manifest?.status !== 'completed') {
    const code = manifest?.status === 'failed' ? manifest.problem.code : '';
    return [csv([...start, manifest?.status ?? 'canceled', '', '', '', '', '', '', '', code])];
  }
  return manifest.findings.map((finding) =>
    csv([
      ...start,
      'completed',
      finding.label,
      finding.prompt,
      finding.verdict,
      finding.voxels,
      finding.volumeMl,
      finding.meanProbability ?? '',
      finding.existence ?? '',
      '',
    ]),
  );
}

/** RFC 4180; a leading =, +, - or @ is defused, since spreadsheets would run it. */
function csv(cells: readonly (string | number)[]): string {
  const quoted = cells.map((cell) => {
    if (typeof cell === 'number') return String(cell);
    const safe = /^[=+\-@\t\r]/.test(cell) ? `'${cell}` : cell;
    return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  });
  return `${quoted.join(',')}\n`;
}
