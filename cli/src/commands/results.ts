import { writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { CompletedManifest } from '@parse3d/contract';
import { Problem } from '@parse3d/contract/problems';
import { Command } from 'commander';
import { z } from 'zod';
import type { Parse3d } from '@parse3d/client';
import { ConnectionOptions, withClient, withConnection } from '../client/connection.js';
import { untilInterrupted } from '../errors/interrupt.js';
import { downloadOutputs, type DownloadedFile } from '../jobs/download.js';
import { endOf } from '../jobs/follow.js';
import { openOutputFolder } from '../local/output-folder.js';
import { findingsTable, MEASURES_HINT, notice } from '../terminal/findings.js';
import { formatBytes } from '../terminal/format.js';
import { progressBoard } from '../terminal/progress.js';
import type { Output } from '../terminal/output.js';
import { action, examples } from './define.js';

const Options = ConnectionOptions.extend({ out: z.string().optional(), overwrite: z.boolean().default(false) });
type Options = z.infer<typeof Options>;

export function resultsCommand(): Command {
  const command = new Command('results')
    .description('Downloads everything that a completed job wrote, checked against its checksums.')
    .argument('<id>', 'job')
    .option('--out <folder>', 'receives the files (else parse3d-<id>)')
    .option('--overwrite', 'replace files that lie in the folder')
    .action(action(Options, ({ args, options, output }) => run(args[0] ?? '', options, output)));
  withConnection(command);
  return examples(
    command,
    ['Everything into one folder', 'parse3d results 0199c0de-0000-7000-8000-000000000000 --out found'],
    [
      'What was found, for a script',
      "parse3d results $JOB --out found --json | jq '.manifest.findings[] | {prompt, volumeMl}'",
    ],
  );
}

async function run(id: string, options: Options, output: Output): Promise<void> {
  await withClient(options, (client) =>
    untilInterrupted(async (signal) => {
      const found = await fetchResults(client, id, options.out ?? `parse3d-${id}`, options.overwrite, output, signal);
      output.document({ folder: found.folder, files: found.files, manifest: found.manifest });
      tell(found, output);
    }),
  );
}

export interface FetchedResults {
  readonly folder: string;
  readonly manifest: CompletedManifest;
  readonly files: readonly DownloadedFile[];
}

/** @throws JobEnded for a failed or canceled job, Problem `state-conflict` for one that has not ended */
export async function fetchResults(
  client: Parse3d,
  id: string,
  out: string,
  overwrite: boolean,
  output: Output,
  signal: AbortSignal,
): Promise<FetchedResults> {
  const job = await client.jobs.get(id, { signal });
  if (job.status === 'waiting' || job.status === 'running') {
    throw new Problem('state-conflict', `job ${id} is still ${job.status}; follow it with: parse3d watch ${id}`, {
      status: job.status,
    });
  }
  if (job.status !== 'completed') throw endOf(job);
  const manifest = await client.jobs.manifest(id, { signal });
  if (manifest.status !== 'completed') throw endOf({ ...job, status: manifest.status });
  const folder = await openOutputFolder(out, overwrite);
  const board = progressBoard(output);
  try {
    const line = board.line('results');
    const files = await downloadOutputs(client, job, folder, line, signal);
    await writeFile(join(folder.partial, 'manifest.json'), `${JSON.stringify(manifest, null, 2)}\n`);
    await folder.publish();
    line.update(1, 'downloaded');
    line.end(`${files.length} files, checksums match`);
    return { folder: folder.path, manifest, files };
  } finally {
    board.close();
    await folder.discard();
  }
}

function tell({ manifest, files, folder }: FetchedResults, output: Output): void {
  const { bold, dim, yellow } = output.colours;
  output.say(findingsTable(manifest.findings, output));
  output.say();
  for (const warning of manifest.warnings) output.say(`${yellow('warning:')} ${warning}`);
  if (files.some(({ name }) => name === 'findings.csv')) output.say(dim(MEASURES_HINT));
  output.say(bold(`${relative(process.cwd(), folder) || '.'}/`));
  for (const { name, bytes } of files) output.say(`  ${name.padEnd(24)} ${dim(formatBytes(bytes))}`);
  output.say('  manifest.json');
  notice(output, manifest.model.demonstration);
}
