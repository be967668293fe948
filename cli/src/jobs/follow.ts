import { Problem } from '@parse3d/contract/problems';
import type { Job, JobEvent, Parse3d } from '@parse3d/client';
import { JobEnded } from '../errors/kinds.js';
import { formatBytes, formatSeconds } from '../terminal/format.js';
import type { Output } from '../terminal/output.js';
import type { ProgressLine } from '../terminal/progress.js';

/**
 * Follows a job to its end, on a line of progress and, with `--json`, as one event a line.
 * @returns the completed job
 * @throws JobEnded when it failed or was canceled
 */
export async function followJob(
  client: Parse3d,
  job: Job,
  line: ProgressLine,
  output: Output,
  signal: AbortSignal,
): Promise<Job> {
  const startedAt = Date.now();
  for await (const event of client.jobs.follow(job.id, { run: job.run, signal })) {
    output.event(event);
    line.update(shareOf(event), textOf(event));
  }
  const ended = await client.jobs.get(job.id, { signal });
  if (ended.status === 'completed') {
    line.update(1, 'completed');
    line.end(`completed in ${formatSeconds((Date.now() - startedAt) / 1000)}`);
    return ended;
  }
  line.end(ended.status);
  throw endOf(ended);
}

/** Why a job is not completed, as an error. */
export function endOf(job: Job): JobEnded {
  if (job.problem !== undefined) return new JobEnded(job.id, Problem.fromJSON(job.problem));
  const code = job.status === 'canceled' ? 'canceled' : 'internal';
  return new JobEnded(job.id, new Problem(code, `the job is ${job.status}`));
}

const shareOf = ({ status, progress }: JobEvent): number => (status === 'completed' ? 1 : (progress ?? 0));

/** `infer 12 of 63, 40 s left`. */
function textOf({ status, stage, message, etaSeconds, attempt }: JobEvent): string {
  if (status !== 'running') return status;
  const again = attempt !== undefined && attempt > 1 ? ` (attempt ${attempt})` : '';
  const count = message === undefined ? '' : ` ${stage === 'fetch' ? inBytes(message) : message}`;
  const left = etaSeconds === undefined ? '' : `, ${formatSeconds(etaSeconds)} left`;
  return `${stage ?? status}${again}${count}${left}`;
}

/** `0 of 1157038` as `0 B of 1.1 MiB`: what is fetched is counted in bytes. */
const inBytes = (message: string): string => message.replace(/\d+/g, (count) => formatBytes(Number(count)));
