import { Command } from 'commander';
import { ConnectionOptions, withClient, withConnection } from '../client/connection.js';
import type { Job, Parse3d } from '@parse3d/client';
import { untilInterrupted } from '../errors/interrupt.js';
import { followJob } from '../jobs/follow.js';
import { progressBoard } from '../terminal/progress.js';
import type { Output } from '../terminal/output.js';
import { action, examples } from './define.js';

export function watchCommand(): Command {
  const command = new Command('watch')
    .description('Follows a job to its end; a connection that breaks is taken up again.')
    .argument('<id>', 'job')
    .action(
      action(ConnectionOptions, ({ args, options, output }) =>
        withClient(options, async (client) => {
          await watchToEnd(client, args[0] ?? '', output);
        }),
      ),
    );
  withConnection(command);
  return examples(
    command,
    ['A bar with stage, percent and time left', 'parse3d watch 0199c0de-0000-7000-8000-000000000000'],
    ['Every event as a line of JSON', 'parse3d watch 0199c0de-0000-7000-8000-000000000000 --json'],
    ['Fetch the results as soon as they are there', 'parse3d watch $JOB && parse3d results $JOB --out found'],
  );
}

/** @throws JobEnded when the job failed or was canceled */
export function watchToEnd(client: Parse3d, id: string, output: Output): Promise<Job> {
  return untilInterrupted(async (signal) => {
    const job = await client.jobs.get(id, { signal });
    const board = progressBoard(output);
    try {
      const ended = await followJob(client, job, board.line('job'), output, signal);
      board.close();
      output.hint(`fetch what was found: parse3d results ${id}`);
      return ended;
    } finally {
      board.close();
    }
  }, `stopped watching; the job goes on (parse3d watch ${id})`);
}
