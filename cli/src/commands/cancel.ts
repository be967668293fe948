import { Command } from 'commander';
import { ConnectionOptions, withClient, withConnection } from '../client/connection.js';
import { action, examples } from './define.js';

export function cancelCommand(): Command {
  const command = new Command('cancel')
    .description('Cancels a job: one that waits at once, one that runs within seconds.')
    .argument('<id>', 'job')
    .action(
      action(ConnectionOptions, ({ args, options, output }) =>
        withClient(options, async (client) => {
          const job = await client.jobs.cancel(args[0] ?? '');
          output.document(job);
          output.say(job.status === 'canceled' ? `${job.id} is canceled` : `${job.id} is being canceled`);
        }),
      ),
    );
  withConnection(command);
  return examples(
    command,
    ['Cancel one', 'parse3d cancel 0199c0de-0000-7000-8000-000000000000'],
    ['Cancel all that wait', "parse3d status --status waiting --json | jq -r '.jobs[].id' | xargs -n1 parse3d cancel"],
  );
}
