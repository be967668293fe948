import type { Purged } from '@parse3d/client';
import { Command } from 'commander';
import { ConnectionOptions, withClient, withConnection } from '../client/connection.js';
import { ConfirmOptions, confirmRemoval, withConfirm } from './confirm.js';
import { formatBytes } from '../terminal/format.js';
import type { Output } from '../terminal/output.js';
import { action, examples } from './define.js';

const Options = ConnectionOptions.extend(ConfirmOptions.shape);
const ID = '0199c0de-0000-7000-8000-000000000000';

/** `parse3d job rm` */
export function removeJobCommand(): Command {
  const command = withConfirm(new Command('rm'))
    .description('Removes an ended job for good: outputs, record, and its upload once nothing else names it.')
    .argument('<id>', 'job; one that has not ended is canceled first, by: parse3d cancel')
    .action(
      action(Options, async ({ args, options, output }) => {
        const id = args[0] ?? '';
        await confirmRemoval(`job ${id} with all that it found`, options);
        await withClient(options, async (client) => tellRemoved(await client.jobs.purge(id), output));
      }),
    );
  withConnection(command);
  return examples(
    command,
    ['One, after asking', `parse3d job rm ${ID}`],
    [
      'All that failed',
      "parse3d job list --status failed --json | jq -r '.jobs[].id' | xargs -n1 parse3d job rm --yes",
    ],
  );
}

/** `parse3d batch rm` */
export function removeBatchCommand(): Command {
  const command = withConfirm(new Command('rm'))
    .description(
      'Removes an ended batch for good: its jobs with their results, reports, and uploads nothing else names.',
    )
    .argument('<id>', 'batch; one with work left is canceled first, by: parse3d batch cancel')
    .action(
      action(Options, async ({ args, options, output }) => {
        const id = args[0] ?? '';
        await confirmRemoval(`batch ${id} with the results of all its items`, options);
        await withClient(options, async (client) => tellRemoved(await client.batches.purge(id), output));
      }),
    );
  withConnection(command);
  return examples(command, ['One, after asking', `parse3d batch rm ${ID}`]);
}

/** `parse3d volume` */
export function volumeCommand(): Command {
  const command = new Command('volume').description('Uploads of the key’s tenant.');
  const remove = withConfirm(new Command('rm'))
    .description('Removes an upload for good, at once, whoever still names it.')
    .argument('<uri>', 'as the upload was answered with')
    .action(
      action(Options, async ({ args, options, output }) => {
        const uri = args[0] ?? '';
        await confirmRemoval(uri, options);
        await withClient(options, async (client) => {
          const removed = await client.removeVolume(uri);
          output.document(removed);
          output.say(`${uri} is removed (${formatBytes(removed.bytes)})`);
        });
      }),
    );
  withConnection(remove);
  const example = ['One', 'parse3d volume rm local://parse3d/uploads/default/0199c0de/volume.nii.gz'] as const;
  return examples(command.addCommand(examples(remove, example)), example);
}

function tellRemoved(purged: Purged, output: Output): void {
  output.document(purged);
  output.say(
    purged.status === 'purged'
      ? `${purged.id} is removed`
      : `${purged.id} is removed for everybody; the last of its objects are still being removed`,
  );
}
