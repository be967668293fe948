import type { Prompt } from '@parse3d/contract';
import type { Command } from 'commander';
import { z } from 'zod';
import { wholeNumber } from './values.js';
import { UsageError } from '../errors/kinds.js';

/** Options that ask for the single objects of what is found. */
export const InstanceOptions = z.object({
  instances: z.boolean().optional(),
  instancesOf: z
    .string()
    .regex(/^\d{1,5}(,\d{1,5})*$/, 'expected label numbers with commas between them, such as 1,3')
    .transform((text) => text.split(',').map(Number))
    .optional(),
  minVoxels: wholeNumber(1, 0x7fff_ffff).optional(),
  minMl: z.coerce.number('expected millilitres').gt(0, 'expected more than 0 ml').optional(),
});
export type InstanceOptions = z.infer<typeof InstanceOptions>;

/** Adds the options that ask for objects. */
export function withInstances(command: Command): Command {
  return command
    .option('--instances', 'split every mask into its objects: instances-<label>.nii.gz and .csv')
    .option('--instances-of <labels>', 'split only the masks of these label numbers, such as 1,3')
    .option('--min-voxels <count>', 'smaller objects are dropped')
    .option('--min-ml <ml>', 'objects of less than so many millilitres are dropped');
}

/** @throws UsageError when objects are to be written that nobody asked for */
export function requireInstances(prompts: readonly Prompt[]): void {
  if (prompts.some((prompt) => prompt.instances === true)) return;
  throw new UsageError(
    '--dicom-seg-instances writes objects: use it with --instances, or with prompts that ask for them',
  );
}

/**
 * The prompts with what was asked for of their objects. Prompts of an .npz file may want objects by themselves.
 * @throws UsageError for a label that no prompt has, and for limits of objects that nobody asked for
 */
export function wishForInstances(
  prompts: readonly Prompt[],
  { instances, instancesOf = [], minVoxels, minMl }: Partial<InstanceOptions>,
): Prompt[] {
  const unknown = instancesOf.find((wanted) => !prompts.some(({ label }) => label === wanted));
  if (unknown !== undefined) throw new UsageError(`--instances-of ${unknown}: no prompt has this label`);
  const limits = { ...(minVoxels === undefined ? {} : { minVoxels }), ...(minMl === undefined ? {} : { minMl }) };
  const wished = prompts.map((prompt): Prompt => {
    const wants = instances === true || instancesOf.includes(prompt.label) || prompt.instances === true;
    return wants ? { ...prompt, instances: true, ...limits } : prompt;
  });
  if (Object.keys(limits).length > 0 && !wished.some((prompt) => prompt.instances === true)) {
    throw new UsageError('--min-voxels and --min-ml say what counts as an object: use them with --instances');
  }
  return wished;
}
