import { Command } from 'commander';
import { cancelCommand } from './cancel.js';
import { examples } from './define.js';
import { removeJobCommand } from './remove.js';
import { resultsCommand } from './results.js';
import { retryCommand } from './retry.js';
import { listJobsCommand, showJobCommand } from './status.js';
import { watchCommand } from './watch.js';

/** The commands for single jobs under one word, as `batch` has them. */
export function jobCommand(): Command {
  const command = new Command('job').description(
    'Jobs: the same as status, watch, results, cancel and retry; and rm, which removes one for good.',
  );
  for (const sub of [listJobsCommand(), showJobCommand(), watchCommand(), resultsCommand(), cancelCommand()]) {
    command.addCommand(sub);
  }
  command.addCommand(retryCommand());
  command.addCommand(removeJobCommand());
  return examples(
    command,
    ['What runs', 'parse3d job list --status running'],
    ['One job', 'parse3d job show 0199c0de-0000-7000-8000-000000000000'],
  );
}
