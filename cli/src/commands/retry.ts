import { Command } from 'commander';
import { z } from 'zod';
import { ConnectionOptions, withClient, withConnection } from '../client/connection.js';
import { action, examples } from './define.js';
import { watchToEnd } from './watch.js';

const Options = ConnectionOptions.extend({ watch: z.boolean().default(false) });

export function retryCommand(): Command {
  const command = new Command('retry')
    .description('Runs a failed or canceled job again, as a new run of the same job.')
    .argument('<id>', 'job')
    .option('--watch', 'follow it to its end')
    .action(
      action(Options, ({ args, options, output }) =>
        withClient(options, async (client) => {
          const job = await client.jobs.retry(args[0] ?? '');
          if (options.watch) output.event(job);
          else output.document(job);
          output.say(`${job.id}  ${job.status}  (run ${job.run})`);
          if (options.watch) await watchToEnd(client, job.id, output);
          else output.hint(`follow it: parse3d watch ${job.id}`);
        }),
      ),
    );
  withConnection(command);
  return examples(command, ['Once more, and watch', 'parse3d retry 0199c0de-0000-7000-8000-000000000000 --watch']);
}
