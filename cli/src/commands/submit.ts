import { basename } from 'node:path';
import { Modality } from '@parse3d/contract';
import { isStorageUri } from '@parse3d/contract/names';
import { Command } from 'commander';
import { z } from 'zod';
import { batchSource, SourceOptions, type SourceInput } from '../batches/source.js';
import { BatchOptions, batchSettings, submitBatch } from '../batches/submit.js';
import type { SubmitBatch, Job, Parse3d, SubmitJob } from '@parse3d/client';
import { ConnectionOptions, withClient, withConnection } from '../client/connection.js';
import { untilInterrupted } from '../errors/interrupt.js';
import { SomeFailed, UsageError } from '../errors/kinds.js';
import { JobOptionFlags, jobOptionsOf, withJobOptions } from '../options/job.js';
import { followJob } from '../jobs/follow.js';
import { uploadVolume } from '../jobs/upload.js';
import { requireInstances } from '../options/instances.js';
import { OutputFlags, outputsOf, withOutputs } from '../options/outputs.js';
import { PromptOptions, readPrompts, withPrompts } from '../options/prompts.js';
import { reportError } from '../errors/report.js';
import { shorten } from '../terminal/format.js';
import { progressBoard, type ProgressBoard } from '../terminal/progress.js';
import { warnOfPrompts } from '../terminal/remarks.js';
import type { Output } from '../terminal/output.js';
import { collect, wholeNumber } from '../options/values.js';
import { action, examples } from './define.js';

const Options = ConnectionOptions.extend({
  ...PromptOptions.shape,
  ...SourceOptions.shape,
  ...BatchOptions.shape,
  ...JobOptionFlags.shape,
  ...OutputFlags.shape,
  pack: z.string().optional(),
  modality: Modality.optional(),
  lane: z.enum(['interactive', 'batch']).optional(),
  deadline: wholeNumber(1, 86_400).optional(),
  meta: z.array(z.string().regex(/^[^=]+=/, 'expected name=value')).default([]),
  idempotencyKey: z.string().min(1).max(255).optional(),
  watch: z.boolean().default(false),
});
type Options = z.infer<typeof Options>;

export function submitCommand(): Command {
  const command = new Command('submit')
    .description(
      'Submits jobs: one per volume. A file of this machine is uploaded first. A folder in storage is a batch.',
    )
    .argument(
      '[volumes...]',
      'NIfTI files or DICOM folders of this machine, s3://bucket/key, s3://bucket/folder/, or a .jsonl manifest there',
    )
    .option('--pack <id>', 'pack (else the server’s default)')
    .option('--modality <name>', `${Modality.options.join(', ')} (else the pack’s first)`)
    .option('--lane <lane>', 'interactive goes before batch (else interactive, and batch for batches)')
    .option('--deadline <seconds>', 'longest time that one attempt may take')
    .option('--meta <name=value>', 'your own note, given back with the job; no patient identifiers', collect)
    .option('--idempotency-key <key>', 'for one URI: the same key again finds the same job')
    .option('--watch', 'follow the jobs or the batch to the end')
    .option('--pattern <glob>', 'batch: of a folder, only these keys (else .nii, .nii.gz, .nrrd and .mha)')
    .option('--bids', 'batch: the folder is a BIDS dataset; results come as a BIDS derivative')
    .option('--dicom', 'a folder in storage is one DICOM series, not a batch')
    .option('--suffix <suffix>', 'batch: with --bids, which images (else T1w)')
    .option('--entity <key=label>', 'batch: with --bids, only images whose names carry it; several times', collect)
    .option('--frames <all>', 'batch: each frame of a 4D volume is a job of its own')
    .option('--list <file>', 'batch: a file of this machine with a URI a line; - is standard input')
    .option('--name <name>', 'batch: for people')
    .option('--error-threshold <count|share>', 'batch: stop after so many failures, such as 20 or 5%')
    .option('--rerun', 'batch: run volumes again that have a result of equal prompts, pack and options')
    .option('--dry-run', 'batch: only count volumes and bytes')
    .action(action(Options, ({ args, options, output }) => run(args, options, output)));
  withPrompts(command);
  withJobOptions(command);
  withOutputs(command);
  withConnection(command);
  return examples(
    command,
    [
      'Upload a file, and watch what becomes of it',
      'parse3d submit t1.nii.gz --prompt thalamus --prompt brainstem --watch',
    ],
    [
      'Volumes that lie in object storage',
      'parse3d submit s3://scans/a.nii.gz s3://scans/b.nii.gz --prompts targets.txt --lane batch',
    ],
    [
      'Safe to repeat, from a script',
      'parse3d submit s3://scans/a.nii.gz --prompt thalamus --idempotency-key scan-a-v1',
    ],
    ['A folder in storage, as a batch', 'parse3d submit s3://scans/study/ --prompts prompts.txt --watch'],
    ['A BIDS dataset', 'parse3d submit s3://scans/bids/ --bids --suffix T1w --prompt thalamus --name cohort'],
    ['How much that would be', "parse3d submit s3://scans/study --pattern '*/ct.nii.gz' --prompt bone --dry-run"],
    ['Only the ids', 'parse3d submit *.nii.gz --prompt thalamus --json | jq -r .id'],
  );
}

async function run(volumes: readonly string[], options: Options, output: Output): Promise<void> {
  const source = await batchSource(volumes, options);
  if (source !== undefined) return runBatch(source, options, output);
  if (volumes.length === 0)
    throw new UsageError('say which volumes: files, URIs, a folder in storage, or --list <file>');
  const [misplaced] = Object.keys(BatchOptions.shape).filter((name) => typedOption(options, name));
  if (misplaced !== undefined) {
    throw new UsageError(`--${kebab(misplaced)} belongs to a batch: a folder in storage, a manifest, or --list`);
  }
  if (options.idempotencyKey !== undefined && (volumes.length !== 1 || !volumes.every(isStorageUri))) {
    throw new UsageError(
      '--idempotency-key belongs to one s3:// or local:// URI: an upload is a new object each time, and so another request',
    );
  }
  const prompts = await readPrompts(options);
  if (options.dicomSegInstances) requireInstances(prompts);
  await withClient(options, (client) =>
    untilInterrupted(
      async (signal) => {
        await warnOfPrompts(client, prompts, options, output);
        const board = progressBoard(output);
        try {
          const failures: unknown[] = [];
          const watched: Promise<unknown>[] = [];
          for (const volume of volumes) {
            try {
              const uri = isStorageUri(volume) ? volume : await upload(client, volume, board, signal, output);
              const job = await client.jobs.submit(requestFor(uri, prompts, options), {
                idempotencyKey: options.idempotencyKey,
                signal,
              });
              tell(job, volume, options, output);
              if (options.watch)
                watched.push(
                  watch(client, job, basename(volume), board, output, signal).catch((error: unknown) =>
                    failures.push(error),
                  ),
                );
            } catch (error) {
              // One volume that is refused does not keep the others from being submitted.
              if (volumes.length === 1 || signal.aborted) throw error;
              reportError(error, output);
              failures.push(new SomeFailed(error));
            }
          }
          await Promise.all(watched);
          signal.throwIfAborted();
          board.close();
          settle(failures, output);
        } finally {
          board.close();
        }
      },
      options.watch ? 'stopped watching; jobs that were submitted go on (parse3d status)' : undefined,
    ),
  );
}

/** Items of a manifest or a list can bring prompts of their own. */
async function runBatch(source: SourceInput, options: Options, output: Output): Promise<void> {
  if (options.idempotencyKey !== undefined) throw new UsageError('--idempotency-key belongs to single volumes');
  const own = source.kind === 'manifest' || source.kind === 'items';
  const none = options.prompt.length === 0 && options.prompts === undefined;
  const prompts = own && none ? undefined : await readPrompts(options);
  if (options.dicomSegInstances && prompts !== undefined) requireInstances(prompts);
  const batch: SubmitBatch = {
    source,
    ...(prompts === undefined ? {} : { prompts }),
    ...settingsOf(options),
    ...batchSettings(options),
  };
  await withClient(options, async (client) => {
    if (prompts !== undefined) await warnOfPrompts(client, prompts, options, output);
    await submitBatch(client, batch, options, output);
  });
}

const typedOption = (options: Options, name: string): boolean => {
  const value: unknown = Object.entries(options).find(([key]) => key === name)?.[1];
  return value !== undefined && value !== false;
};

const kebab = (name: string): string => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

/** Throws the only failure, or tells those that were not told and throws that some failed. */
function settle(failures: readonly unknown[], output: Output): void {
  const [first] = failures;
  if (failures.length === 0) return;
  if (failures.length === 1) throw first;
  for (const failure of failures) if (!(failure instanceof SomeFailed)) reportError(failure, output);
  throw first instanceof SomeFailed ? first : new SomeFailed(first);
}

async function upload(
  client: Parse3d,
  path: string,
  board: ProgressBoard,
  signal: AbortSignal,
  output: Output,
): Promise<string> {
  const line = board.line(shorten(basename(path), 24));
  try {
    const { uri } = await uploadVolume(client, path, line, signal, (sentence) =>
      output.note(`${basename(path)}: ${sentence}`),
    );
    line.update(1, 'uploaded');
    line.end('uploaded');
    return uri;
  } catch (error) {
    line.end('not uploaded');
    throw error;
  }
}

function watch(
  client: Parse3d,
  job: Job,
  name: string,
  board: ProgressBoard,
  output: Output,
  signal: AbortSignal,
): Promise<Job> {
  return followJob(client, job, board.line(shorten(name, 24)), output, signal);
}

function requestFor(uri: string, prompts: SubmitJob['prompts'], options: Options): SubmitJob {
  return { input: { uri }, prompts, ...settingsOf(options) };
}

/** What jobs and batches are asked for with alike. */
function settingsOf(options: Options) {
  const { pack, modality, lane, deadline, meta } = options;
  return {
    ...(pack === undefined ? {} : { pack }),
    ...(modality === undefined ? {} : { modality }),
    outputs: outputsOf(options),
    options: jobOptionsOf(options, deadline),
    ...(lane === undefined ? {} : { lane }),
    metadata: Object.fromEntries(
      meta.map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]),
    ),
  };
}

function tell(job: Job, volume: string, { watch: watching }: Options, output: Output): void {
  output.event(job);
  const { bold, dim } = output.colours;
  output.say(`${bold(job.id)}  ${job.status}  ${dim(isStorageUri(volume) ? volume : `${volume} -> ${job.input.uri}`)}`);
  if (!watching) output.hint(`follow it: parse3d watch ${job.id}`);
}
