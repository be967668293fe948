import { JobStatus, Timestamp } from '@parse3d/contract';
import { Command } from 'commander';
import { z } from 'zod';
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
  search: z.string().max(200).optional(),
  pack: z.string().optional(),
  tag: z.string().max(64).optional(),
  since: Timestamp.or(z.iso.date()).optional(),
  before: Timestamp.or(z.iso.date()).optional(),
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
  return examples(
    command,
    ['What failed', 'parse3d job list --status failed'],
    ['A study found again', 'parse3d job list --search "pilot hippocampus"'],
  );
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
    .option('--search <words>', 'only where all of them stand in title, tags, prompts, pack, file or id')
    .option('--pack <id>', 'only of this pack')
    .option('--tag <text>', 'only with exactly this tag')
    .option('--since <time>', 'only submitted then or later, such as 2026-01-31 (UTC) or 2026-01-31T12:00:00Z')
    .option('--before <time>', 'only submitted earlier')
    .option('--limit <count>', 'how many are listed, at most 200', '20');

const list = (options: Options, output: Output): Promise<void> =>
  withClient(options, async (client) => {
    const { status, limit, search, pack, tag, since, before } = options;
    const page = await client.jobs.list({
      status,
      limit,
      q: search,
      pack,
      tag,
      since: since && timeOf(since),
      before: before && timeOf(before),
    });
    output.document(page);
    output.say(page.jobs.length === 0 ? 'no jobs' : listOf(page.jobs, output.colours));
    // A filter may have left this page short.
    if (page.next !== undefined && page.jobs.length < limit) output.hint('older jobs were not looked through');
  });

/** A day begins at midnight UTC. */
const timeOf = (text: string): string => (text.includes('T') ? text : `${text}T00:00:00Z`);

const show = (id: string, options: ConnectionOptions, output: Output): Promise<void> =>
  withClient(options, async (client) => showJob(await client.jobs.get(id), output));

function listOf(jobs: readonly Job[], colours: Colours): string {
  const columns = [
    { title: 'job' },
    { title: 'status' },
    { title: 'pack' },
    { title: 'created' },
    { title: 'title' },
    { title: 'prompts' },
  ];
  const rows = jobs.map((job) => [
    job.id,
    `${paint(job.status, colours)}${detailOf(job)}`,
    job.pack.id,
    formatAge(job.createdAt),
    shorten(job.title ?? '', 24),
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
    ['title', job.title],
    ['tags', job.tags?.join(', ')],
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
