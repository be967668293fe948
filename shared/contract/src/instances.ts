import { z } from 'zod';
import { Measures } from './measures.js';

/** How many objects a manifest lists; the files hold them all. */
export const LISTED_OBJECTS = 1_000;

/** Whether a mask is split into its objects, and what counts as one; as prompts hold it. */
export const instanceWish = {
  instances: z.boolean().optional().meta({
    description:
      'Split the mask into its objects: instances-<label>.nii.gz, instances-<label>.csv, and a list in the manifest.',
  }),
  minVoxels: z.int().min(1).optional().meta({ description: 'With `instances`: objects of fewer voxels are dropped.' }),
  minMl: z
    .number()
    .gt(0)
    .optional()
    .meta({ description: 'With `instances`: objects of less than so many millilitres are dropped.' }),
};

/** Why a prompt's wishes do not go together; undefined when they do. */
export function instanceFault(prompt: {
  readonly instances?: boolean | undefined;
  readonly minVoxels?: number | undefined;
  readonly minMl?: number | undefined;
}): string | undefined {
  if (prompt.instances === true || (prompt.minVoxels === undefined && prompt.minMl === undefined)) return undefined;
  return 'minVoxels and minMl say what counts as an object: they belong to "instances": true';
}

/** One object of a mask that was split. */
export const FoundObject = z
  .strictObject({
    object: z.int().min(1).meta({ description: 'Its value in instances-<label>.nii.gz: 1 is the largest.' }),
    voxels: z.int().min(1),
    volumeMl: z.number().nonnegative(),
    centroidMm: Measures.shape.centroidMm,
    boundingBox: Measures.shape.boundingBox,
    meanProbability: z.number().min(0).max(1).nullable().meta({
      description: 'Null for label-map packs, unless the job also writes probability maps.',
    }),
    maxProbability: z.number().min(0).max(1).nullable(),
    surfaceMm2: Measures.shape.surfaceMm2.optional(),
    longestDiameterMm: Measures.shape.longestDiameterMm.optional(),
    intensity: Measures.shape.intensity.optional(),
  })
  .meta({ id: 'FoundObject' });
export type FoundObject = z.infer<typeof FoundObject>;

/** The objects of one prompt's mask. */
export const Instances = z
  .strictObject({
    count: z.int().nonnegative(),
    separatedBy: z.enum(['edges', 'components']).meta({
      description:
        '`edges`: the model’s own edges between objects. `components`: the pack has none; objects that touch are one.',
    }),
    minVoxels: z.int().min(1).meta({ description: 'Fewest voxels of an object that counts.' }),
    dropped: z
      .strictObject({ objects: z.int().nonnegative(), voxels: z.int().nonnegative() })
      .meta({ description: 'Objects that were too small, and their voxels.' }),
    unassignedVoxels: z.int().nonnegative().meta({
      description: 'Voxels of the mask that belong to no object: edge, farther than one voxel from every interior.',
    }),
    objects: z
      .array(FoundObject)
      .max(LISTED_OBJECTS)
      .meta({ description: `The largest ${LISTED_OBJECTS}; instances-<label>.csv has all.` }),
    truncated: z.boolean().meta({ description: 'Whether there are more objects than are listed.' }),
  })
  .meta({ id: 'Instances' });
export type Instances = z.infer<typeof Instances>;
