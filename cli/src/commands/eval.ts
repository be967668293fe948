import { Command } from 'commander';
import { z } from 'zod';
import { UsageError } from '../errors/kinds.js';
import { readLabelGroups } from '../eval/label-groups.js';
import { measureInstances, measureLabels } from '../eval/measure.js';
import { findPairs } from '../eval/pairs.js';
import { readLabelPair } from '../eval/read-labels.js';
import { csv, summarise, tables, type CaseScore } from '../eval/report.js';
import { action, examples } from './define.js';

const Options = z.object({
  labels: z.string().optional(),
  tolerance: z.coerce.number('expected a number of mm').positive('expected more than 0 mm').default(2),
  instances: z.boolean().default(false),
  challengeSpacing: z.boolean().default(false),
  csv: z.boolean().default(false),
  json: z.boolean().default(false),
});

/** `parse3d eval`: how well label maps agree with a reference. */
export function evalCommand(): Command {
  const command = new Command('eval')
    .description('Compares label maps with a reference: Dice, normalised surface distance, F1 of single objects.')
    .argument('<reference>', 'file, or folder of files (.nii.gz, .nii, .npz)')
    .argument('<found>', 'file, or folder with files of the same names')
    .option('--labels <labels>', 'what to measure, merged: "1,2=hippocampus;3=amygdala", or a file of such lines')
    .option('--tolerance <mm>', 'distance up to which surfaces agree', '2')
    .option('--instances', 'labels number single objects: F1 at an overlap of half their union')
    .option('--challenge-spacing', 'voxel sizes in the order of the challenge’s script, which turns x and z around')
    .option('--csv', 'a table for programs')
    .action(
      action(Options, async ({ args, options, output }) => {
        if (options.csv && options.json) throw new UsageError('--csv and --json: one of them');
        const groups = options.labels === undefined ? undefined : await readLabelGroups(options.labels);
        const pairs = await findPairs(args[0] ?? '', args[1] ?? '');
        const cases: CaseScore[] = [];
        for (const pair of pairs) {
          const labels = await readLabelPair(pair);
          const instances = options.instances || labels.instances;
          const { tolerance: toleranceMm, challengeSpacing } = options;
          cases.push({
            name: pair.name,
            labels: instances ? [] : measureLabels(labels, { groups, toleranceMm, challengeSpacing }),
            instances: instances ? measureInstances(labels) : null,
          });
          if (pairs.length > 1) output.hint(`${cases.length} of ${pairs.length}: ${pair.name}`);
        }
        const summary = summarise(cases);
        output.document({ toleranceMm: options.tolerance, cases, mean: summary });
        output.say(options.csv ? csv(cases, summary) : tables(cases, summary, output));
      }),
    );
  return examples(
    command,
    ['One volume', 'parse3d eval truth.nii.gz found/labels.nii.gz'],
    ['A folder, two labels as one, for a spreadsheet', 'parse3d eval truth/ found/ --labels "1,2=hippocampus" --csv'],
  );
}
