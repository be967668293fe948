import { JobStatus } from '@parse3d/contract';
import { Command } from 'commander';
import type { z } from 'zod';
import type { Job } from '@parse3d/client';
import { ConnectionOptions, withClient, withConnection } from '../client/connection.js';
import { formatAge, formatBytes, formatSeconds, shorten } from '../terminal/format.js';
import type { Colours, Output } from '../terminal/output.js';
import { table } from '../terminal/table.js';
import { wholeNumber } from '../options/values.js';
import { action, examples } from './define.js';

const Options = ConnectionOptions.extend({
  status: JobStatus.optional(),
  limit: wholeNumber(1, 200),
});

type Options = z.infer<typeof Options>;

export function statusCommand(): Command {
  const command = withListOptions(new Command('status'))
    .description('Shows one job, or the recent ones.')
    .argument('[id]', 'job; without it the recent ones are listed, newest first')
    .action(
      action(Options, ({ args, options, output }) => {
        const [id] = args;
        return id === undefined ? list(options, output) : show(id, options, output);
      }),
    );
  withConnection(command);
  return examples(
    command,
    ['What runs', 'parse3d status --status running'],
    ['One job', 'parse3d status 0199c0de-0000-7000-8000-000000000000'],
    ['How far it is, for a script', 'parse3d status $JOB --json | jq .progress'],
  );
}

/** `parse3d job list` */
export function listJobsCommand(): Command {
  const command = withListOptions(new Command('list'))
    .description('Lists the recent jobs, newest first.')
    .action(action(Options, ({ options, output }) => list(options, output)));
  withConnection(command);
  return examples(command, ['What failed', 'parse3d job list --status failed']);
}

/** `parse3d job show` */
export function showJobCommand(): Command {
  const command = new Command('show')
    .description('Shows one job.')
    .argument('<id>', 'job')
    .action(action(ConnectionOptions, ({ args, options, output }) => show(args[0] ?? '', options, output)));
  withConnection(command);
  return examples(command, ['How far it is, for a script', 'parse3d job show $JOB --json | jq .progress']);
}

const withListOptions = (command: Command): Command =>
  command
    .option('--status <status>', `only ${JobStatus.options.join(', ')}`)
    .option('--limit <count>', 'how many are listed, at most 200', '20');

const list = (options: Options, output: Output): Promise<void> =>
  withClient(options, async (client) => {
    const page = await client.jobs.list({ status: options.status, limit: options.limit });
    output.document(page);
    output.say(page.jobs.length === 0 ? 'no jobs' : listOf(page.jobs, output.colours));
  });

const show = (id: string, options: ConnectionOptions, output: Output): Promise<void> =>
  withClient(options, async (client) => showJob(await client.jobs.get(id), output));

function listOf(jobs: readonly Job[], colours: Colours): string {
  const columns = [
    { title: 'job' },
    { title: 'status' },
    { title: 'pack' },
    { title: 'created' },
    { title: 'prompts' },
  ];
  const rows = jobs.map((job) => [
    job.id,
    `${paint(job.status, colours)}${detailOf(job)}`,
    job.pack.id,
    formatAge(job.createdAt),
    shorten(job.prompts.map(({ text }) => text).join(', '), 40),
  ]);
  return table(columns, rows, colours);
}

export function showJob(job: Job, output: Output): void {
  output.document(job);
  const { bold, dim, red } = output.colours;
  const lines: [string, string | undefined][] = [
    ['status', `${paint(job.status, output.colours)}${detailOf(job)}`],
    ['stage', job.status === 'running' ? job.stage : undefined],
    ['left', job.status === 'running' && job.etaSeconds !== undefined ? formatSeconds(job.etaSeconds) : undefined],
    ['run', job.run > 1 ? String(job.run) : undefined],
    ['attempt', job.attempt !== undefined && job.attempt > 1 ? String(job.attempt) : undefined],
    ['input', `${job.input.uri}  ${dim(formatBytes(job.input.bytes))}`],
    ['prompts', job.prompts.map(({ label, text }) => `${label} ${text}`).join(', ')],
    ['pack', `${job.pack.id} ${job.pack.version}, ${job.modality}`],
    ['created', formatAge(job.createdAt)],
    ['took', duration(job.startedAt, job.finishedAt)],
    ['problem', job.problem === undefined ? undefined : `${red(job.problem.code)}: ${job.problem.detail}`],
    ['outputs', job.outputs?.map(({ name }) => name).join(', ')],
  ];
  output.say(bold(job.id));
  for (const [name, value] of lines) if (value !== undefined) output.say(`  ${dim(name.padEnd(8))} ${value}`);
}

function detailOf(job: Job): string {
  if (job.cancelRequested === true) return ' (being canceled)';
  if (job.status === 'running' && job.progress !== undefined) return ` ${Math.floor(job.progress * 100)} %`;
  if (job.status === 'waiting' && job.position !== undefined) return ` (${job.position} ahead)`;
  return '';
}

function paint(status: Job['status'], { green, red, cyan, dim, yellow }: Colours): string {
  switch (status) {
    case 'completed':
      return green(status);
    case 'failed':
      return red(status);
    case 'running':
      return cyan(status);
    case 'canceled':
      return yellow(status);
    case 'waiting':
      return dim(status);
  }
}

function duration(from: string | undefined, to: string | undefined): string | undefined {
  return from === undefined || to === undefined ? undefined : formatSeconds((Date.parse(to) - Date.parse(from)) / 1000);
}
