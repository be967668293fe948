import { ItemStatus, RetryFailed } from '@parse3d/contract';
import { Command } from 'commander';
import { z } from 'zod';
import { watchBatch } from '../batches/follow.js';
import { fetchBatch } from '../batches/results.js';
import { batchTable, itemTable, showBatch } from '../batches/show.js';
import type { BatchAction } from '@parse3d/client';
import { ConnectionOptions, withClient, withConnection } from '../client/connection.js';
import { untilInterrupted } from '../errors/interrupt.js';
import { formatCount } from '../terminal/format.js';
import { collect, wholeNumber } from '../options/values.js';
import { action, examples } from './define.js';
import { removeBatchCommand } from './remove.js';

const ID = '0199c0de-0000-8000-a000-000000000000';

export function batchCommand(): Command {
  const command = new Command('batch').description(
    'Batches: many volumes submitted together ("parse3d submit" makes them).',
  );
  command.addCommand(listCommand());
  command.addCommand(showCommand());
  command.addCommand(itemsCommand());
  command.addCommand(watchCommand());
  command.addCommand(actCommand('pause', 'Feeds nothing more of a batch; what runs goes on.', 'is paused'));
  command.addCommand(actCommand('resume', 'Lets a paused batch go on.', 'goes on'));
  command.addCommand(
    actCommand('cancel', 'Ends a batch: what was done stays, the rest is not run.', 'is being canceled'),
  );
  command.addCommand(retryCommand());
  command.addCommand(resultsCommand());
  command.addCommand(removeBatchCommand());
  return examples(
    command,
    ['Submit one, and watch it', 'parse3d submit s3://scans/study/ --prompts prompts.txt --watch'],
    ['What there is', 'parse3d batch list'],
    ['What failed, and why', `parse3d batch items ${ID} --status failed`],
    [
      'Everything that was found, as a table',
      `parse3d batch results ${ID} --out study && column -ts, study/summary.csv`,
    ],
  );
}

function listCommand(): Command {
  const command = new Command('list')
    .description('Lists recent batches, newest first.')
    .option('--limit <count>', 'how many, at most 200', '20')
    .action(
      action(ConnectionOptions.extend({ limit: wholeNumber(1, 200) }), ({ options, output }) =>
        withClient(options, async (client) => {
          const batches = await client.batches.list({ limit: options.limit });
          output.document({ batches });
          output.say(batches.length === 0 ? 'no batches' : batchTable(batches, output.colours));
        }),
      ),
    );
  withConnection(command);
  return examples(
    command,
    ['The newest', 'parse3d batch list --limit 5'],
    [
      'Those that are not done, for a script',
      "parse3d batch list --json | jq '.batches[] | select(.finishedAt == null)'",
    ],
  );
}

function showCommand(): Command {
  const command = new Command('show')
    .description('Shows one batch: counters that add up at every moment, rate and time left.')
    .argument('<id>', 'batch')
    .action(
      action(ConnectionOptions, ({ args, options, output }) =>
        withClient(options, async (client) => showBatch(await client.batches.get(args[0] ?? ''), output)),
      ),
    );
  withConnection(command);
  return examples(
    command,
    ['One batch', `parse3d batch show ${ID}`],
    ['How many failed, for a script', `parse3d batch show ${ID} --json | jq .counts.failed`],
  );
}

const ItemOptions = ConnectionOptions.extend({
  status: ItemStatus.optional(),
  from: wholeNumber(0, 9_999_999_999),
  limit: wholeNumber(1, 1_000),
});

function itemsCommand(): Command {
  const command = new Command('items')
    .description('Lists the items of a batch, in the order of its source.')
    .argument('<id>', 'batch')
    .option('--status <status>', `only ${ItemStatus.options.join(', ')}`)
    .option('--from <item>', 'first one', '0')
    .option('--limit <count>', 'how many, at most 1000', '100')
    .action(
      action(ItemOptions, ({ args, options, output }) =>
        withClient(options, async (client) => {
          const { status, from, limit } = options;
          const page = await client.batches.items(args[0] ?? '', { status, from, limit });
          output.document(page);
          output.say(page.items.length === 0 ? 'no items' : itemTable(page, output.colours));
          if (page.next !== undefined) output.hint(`there are more: --from ${page.next}`);
        }),
      ),
    );
  withConnection(command);
  return examples(
    command,
    ['What failed', `parse3d batch items ${ID} --status failed`],
    [
      'Why the first of them failed',
      `parse3d job show $(parse3d batch items ${ID} --status failed --json | jq -r '.items[0].jobId')`,
    ],
  );
}

function watchCommand(): Command {
  const command = new Command('watch')
    .description('Follows a batch to its end, with rate and time left.')
    .argument('<id>', 'batch')
    .action(
      action(ConnectionOptions, ({ args, options, output }) =>
        withClient(options, async (client) => {
          await watchBatch(client, args[0] ?? '', output);
        }),
      ),
    );
  withConnection(command);
  return examples(
    command,
    ['A bar', `parse3d batch watch ${ID}`],
    ['Every change as a line of JSON', `parse3d batch watch ${ID} --json`],
    [
      'The reports as soon as they are there, whatever failed',
      `parse3d batch watch ${ID}; parse3d batch results ${ID}`,
    ],
  );
}

function actCommand(name: BatchAction, description: string, done: string): Command {
  const command = new Command(name)
    .description(description)
    .argument('<id>', 'batch')
    .action(
      action(ConnectionOptions, ({ args, options, output }) =>
        withClient(options, async (client) => {
          const batch = await client.batches.act(args[0] ?? '', name);
          output.document(batch);
          output.say(`${batch.id} ${done}`);
        }),
      ),
    );
  withConnection(command);
  return examples(command, [description.replace(/\.$/, ''), `parse3d batch ${name} ${ID}`]);
}

const RetryOptions = ConnectionOptions.extend({ code: RetryFailed.shape.codes });

function retryCommand(): Command {
  const command = new Command('retry-failed')
    .description('Runs failed items of a batch once more: all of them, or those with a code.')
    .argument('<id>', 'batch')
    .option('--code <code>', 'only what failed with this problem code; can be repeated', collect)
    .action(
      action(RetryOptions, ({ args, options, output }) =>
        withClient(options, async (client) => {
          const batch = await client.batches.retryFailed(args[0] ?? '', options.code);
          output.document(batch);
          const which =
            options.code === undefined ? 'failed items' : `items that failed with ${options.code.join(', ')}`;
          output.say(`${batch.id} runs its ${which} again`);
        }),
      ),
    );
  withConnection(command);
  return examples(
    command,
    ['Everything that failed', `parse3d batch retry-failed ${ID}`],
    [
      'Only what the storage or a lost worker is to blame for',
      `parse3d batch retry-failed ${ID} --code storage-unavailable --code worker-lost`,
    ],
  );
}

const ResultOptions = ConnectionOptions.extend({
  out: z.string().optional(),
  outputs: z.boolean().default(false),
  overwrite: z.boolean().default(false),
});

function resultsCommand(): Command {
  const command = new Command('results')
    .description('Downloads the reports of a batch that has ended; of a BIDS dataset also its derivative.')
    .argument('<id>', 'batch')
    .option('--out <folder>', 'receives the files (else parse3d-<id>)')
    .option('--outputs', 'also every output of every item that completed')
    .option('--overwrite', 'replace files that lie in the folder')
    .action(
      action(ResultOptions, ({ args, options, output }) =>
        withClient(options, (client) =>
          untilInterrupted(async (signal) => {
            const id = args[0] ?? '';
            const out = options.out ?? `parse3d-${id}`;
            const found = await fetchBatch(client, id, { ...options, out }, output, signal);
            output.document(found);
            output.say(`${formatCount(found.files.length)} files in ${found.folder}`);
          }),
        ),
      ),
    );
  withConnection(command);
  return examples(
    command,
    ['results.jsonl, failures.jsonl and summary.csv', `parse3d batch results ${ID} --out study`],
    ['Masks and all', `parse3d batch results ${ID} --out study --outputs`],
    [
      'Of a BIDS dataset: the derivative, into its place',
      `parse3d batch results ${ID} --out study/derivatives/parse3d`,
    ],
  );
}
