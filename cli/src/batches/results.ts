import { createReadStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { each } from '@parse3d/async';
import { volumeStem } from '@parse3d/contract/names';
import { Problem } from '@parse3d/contract/problems';
import { z } from 'zod';
import type { Download, Parse3d } from '@parse3d/client';
import { downloadOutputs, saveDownload } from '../jobs/download.js';
import { openOutputFolder } from '../local/output-folder.js';
import { formatCount, formatSeconds } from '../terminal/format.js';
import type { Output } from '../terminal/output.js';
import { progressBoard, type ProgressLine } from '../terminal/progress.js';

export interface FetchedBatch {
  readonly folder: string;
  /** Paths below the folder. */
  readonly files: readonly string[];
}

export interface FetchOptions {
  readonly out: string;
  readonly overwrite: boolean;
  /** Also every output of every item that completed. */
  readonly outputs: boolean;
}

/** Files of a BIDS dataset that are not of BIDS lie there. */
const BESIDE_BIDS = 'code';
const AT_ONCE = 4;

/**
 * Brings the reports of a batch that has ended, its BIDS derivative where it has one, and on request every output.
 * @throws Problem `state-conflict` while it has not ended
 */
export async function fetchBatch(
  client: Parse3d,
  id: string,
  options: FetchOptions,
  output: Output,
  signal: AbortSignal,
): Promise<FetchedBatch> {
  const batch = await client.batches.get(id, { signal });
  if (batch.reports === undefined) {
    throw new Problem('state-conflict', `batch ${id} is ${batch.status}; follow it with: parse3d batch watch ${id}`);
  }
  const folder = await openOutputFolder(options.out, options.overwrite);
  const board = progressBoard(output);
  const files: string[] = [];
  const save = async (path: string, download: () => Promise<Download>): Promise<void> => {
    if (!isPlainPath(path)) throw new Problem('output-mismatch', `the server names a file ${JSON.stringify(path)}`);
    const target = join(folder.partial, path);
    await mkdir(dirname(target), { recursive: true });
    await saveDownload(await download(), target, signal);
    files.push(path);
  };
  try {
    const line = board.line('results');
    const reports = batch.derivative === undefined ? '' : `${BESIDE_BIDS}/`;
    for (const { name } of batch.reports) {
      await save(`${reports}${name}`, () => client.batches.report(id, name, { signal }));
    }
    if (batch.derivative !== undefined) {
      const tick = counter(line, 'derivative');
      await each(derivativePaths(client, id), AT_ONCE, async (path) => {
        await save(path, () => client.batches.derivativeFile(id, path, { signal }));
        tick();
      });
    }
    if (options.outputs) {
      const prefix = batch.derivative === undefined ? 'items' : `${BESIDE_BIDS}/items`;
      const tick = counter(line, 'items', batch.counts.completed);
      await each(completedItems(join(folder.partial, `${reports}results.jsonl`)), AT_ONCE, async (item) => {
        files.push(...(await fetchItem(client, item, folder.partial, prefix, signal)));
        tick();
      });
    }
    await folder.publish();
    line.update(1, 'downloaded');
    line.end(`${formatCount(files.length)} files`);
    return { folder: folder.path, files: files.sort() };
  } finally {
    board.close();
    await folder.discard();
  }
}

const CompletedLine = z.object({
  ordinal: z.int(),
  uri: z.string(),
  frame: z.int().optional(),
  jobId: z.string(),
  status: z.string(),
});
type CompletedLine = z.infer<typeof CompletedLine>;

async function* completedItems(report: string): AsyncGenerator<CompletedLine> {
  for await (const line of createInterface({ input: createReadStream(report), crlfDelay: Infinity })) {
    const item = CompletedLine.parse(JSON.parse(line));
    if (item.status === 'completed') yield item;
  }
}

async function fetchItem(
  client: Parse3d,
  { ordinal, uri, frame, jobId }: CompletedLine,
  root: string,
  prefix: string,
  signal: AbortSignal,
): Promise<string[]> {
  const stem = volumeStem(basename(uri)).replace(/[^A-Za-z0-9._-]/g, '_');
  const path = `${prefix}/${String(ordinal).padStart(6, '0')}-${stem}${frame === undefined ? '' : `-frame${frame}`}`;
  const partial = join(root, path);
  await mkdir(partial, { recursive: true });
  const job = await client.jobs.get(jobId, { signal });
  const files = await downloadOutputs(client, job, { path: partial, partial }, { update: () => undefined }, signal);
  return files.map(({ name }) => `${path}/${name}`);
}

async function* derivativePaths(client: Parse3d, id: string): AsyncGenerator<string> {
  let after: string | undefined;
  do {
    const page = await client.batches.derivative(id, { after });
    for (const { path } of page.files) yield path;
    after = page.next;
  } while (after !== undefined);
}

/** Counts on a line, with a rate and, where the total is known, the time left. */
function counter(line: ProgressLine, what: string, total?: number): () => void {
  const startedAt = Date.now();
  let done = 0;
  return () => {
    done += 1;
    const seconds = (Date.now() - startedAt) / 1000;
    const rate = done / Math.max(seconds, 0.001);
    const speed = seconds < 1 ? '' : `, ${rate.toFixed(1)}/s`;
    const left = total === undefined || seconds < 1 ? '' : `, ${formatSeconds((total - done) / rate)} left`;
    const of = total === undefined ? '' : ` of ${formatCount(total)}`;
    line.update(
      total === undefined ? 0 : done / Math.max(1, total),
      `${what}, ${formatCount(done)}${of}${speed}${left}`,
    );
  };
}

/** What a server names becomes a path here only when it stays below the folder. */
const isPlainPath = (path: string): boolean =>
  path.split('/').every((part) => /^[A-Za-z0-9][A-Za-z0-9._+-]{0,254}$/.test(part));
