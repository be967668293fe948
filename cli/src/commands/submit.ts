import { basename } from 'node:path';
import { Modality } from '@parse3d/shared/contract';
import { Command } from 'commander';
import { z } from 'zod';
import type { JobAnswer, Parse3dClient, SubmitInput } from '../client/index.js';
import { ConnectionOptions, withClient, withConnection } from '../connection.js';
import { SomeFailed, untilInterrupted, UsageError } from '../errors.js';
import { JobOptionFlags, jobOptionsOf, withJobOptions } from '../job-options.js';
import { followJob } from '../jobs/follow.js';
import { uploadFile } from '../jobs/upload.js';
import { PromptOptions, readPrompts, withPrompts } from '../prompts.js';
import { reportError } from '../report-error.js';
import { shorten } from '../terminal/format.js';
import { progressBoard, type ProgressBoard } from '../terminal/progress.js';
import type { Output } from '../terminal/output.js';
import { action, collect, examples, wholeNumber } from './define.js';

const Options = ConnectionOptions.extend(PromptOptions.shape)
  .extend(JobOptionFlags.shape)
  .extend({
    pack: z.string().optional(),
    modality: Modality.optional(),
    masks: z.boolean().default(false),
    probabilities: z.enum(['uint8', 'float32']).optional(),
    lane: z.enum(['interactive', 'batch']).optional(),
    deadline: wholeNumber(1, 86_400).optional(),
    meta: z.array(z.string().regex(/^[^=]+=/, 'expected name=value')).default([]),
    idempotencyKey: z.string().min(1).max(255).optional(),
    watch: z.boolean().default(false),
  });
type Options = z.infer<typeof Options>;

export function submitCommand(): Command {
  const command = new Command('submit')
    .description('Submits jobs: one per volume. A file of this machine is uploaded first.')
    .argument('<volumes...>', 'NIfTI files of this machine, or s3://bucket/key, or local://bucket/key')
    .option('--pack <id>', 'pack (else the server’s default)')
    .option('--modality <name>', `${Modality.options.join(', ')} (else the pack’s first)`)
    .option('--masks', 'also write one binary mask per prompt')
    .option('--probabilities <type>', 'also write probability maps: uint8 or float32')
    .option('--lane <lane>', 'interactive goes before batch (else interactive)')
    .option('--deadline <seconds>', 'longest time that one attempt may take')
    .option('--meta <name=value>', 'your own note, given back with the job; no patient identifiers', collect)
    .option('--idempotency-key <key>', 'for one URI: the same key again finds the same job')
    .option('--watch', 'follow the jobs to their end')
    .action(action(Options, ({ args, options, output }) => run(args, options, output)));
  withPrompts(command);
  withJobOptions(command);
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
    ['Only the ids', 'parse3d submit *.nii.gz --prompt thalamus --json | jq -r .id'],
  );
}

async function run(volumes: readonly string[], options: Options, output: Output): Promise<void> {
  if (options.idempotencyKey !== undefined && (volumes.length !== 1 || !volumes.every(isUri))) {
    throw new UsageError(
      '--idempotency-key belongs to one s3:// or local:// URI: an upload is a new object each time, and so another request',
    );
  }
  const prompts = await readPrompts(options);
  await withClient(options, (client) =>
    untilInterrupted(
      async (signal) => {
        const board = progressBoard(output);
        try {
          const failures: unknown[] = [];
          const watched: Promise<unknown>[] = [];
          for (const volume of volumes) {
            try {
              const uri = isUri(volume) ? volume : await upload(client, volume, board, signal);
              const job = await client.submit(requestFor(uri, prompts, options), {
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

/** Throws the only failure, or tells those that were not told and throws that some failed. */
function settle(failures: readonly unknown[], output: Output): void {
  const [first] = failures;
  if (failures.length === 0) return;
  if (failures.length === 1) throw first;
  for (const failure of failures) if (!(failure instanceof SomeFailed)) reportError(failure, output);
  throw first instanceof SomeFailed ? first : new SomeFailed(first);
}

async function upload(client: Parse3dClient, path: string, board: ProgressBoard, signal: AbortSignal): Promise<string> {
  const line = board.line(shorten(basename(path), 24));
  try {
    const { uri } = await uploadFile(client, path, line, signal);
    line.update(1, 'uploaded');
    line.end('uploaded');
    return uri;
  } catch (error) {
    line.end('not uploaded');
    throw error;
  }
}

function watch(
  client: Parse3dClient,
  job: JobAnswer,
  name: string,
  board: ProgressBoard,
  output: Output,
  signal: AbortSignal,
): Promise<JobAnswer> {
  return followJob(client, job, board.line(shorten(name, 24)), output, signal);
}

function requestFor(uri: string, prompts: SubmitInput['prompts'], options: Options): SubmitInput {
  const { pack, modality, masks, probabilities, lane, deadline, meta } = options;
  return {
    input: { uri },
    prompts,
    ...(pack === undefined ? {} : { pack }),
    ...(modality === undefined ? {} : { modality }),
    outputs: { masks, ...(probabilities === undefined ? {} : { probabilities }) },
    options: jobOptionsOf(options, deadline),
    ...(lane === undefined ? {} : { lane }),
    metadata: Object.fromEntries(
      meta.map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]),
    ),
  };
}

function tell(job: JobAnswer, volume: string, { watch: watching }: Options, output: Output): void {
  output.event(job);
  const { bold, dim } = output.colours;
  output.say(`${bold(job.id)}  ${job.status}  ${dim(isUri(volume) ? volume : `${volume} -> ${job.input.uri}`)}`);
  if (!watching) output.hint(`follow it: parse3d watch ${job.id}`);
}

const isUri = (text: string): boolean => /^(s3|local):\/\//.test(text);
