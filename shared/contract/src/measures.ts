import { z } from 'zod';

const Point = z.tuple([z.number(), z.number(), z.number()]);
const Voxel = z.tuple([z.int(), z.int(), z.int()]);

/** What is measured of a mask that is not empty. */
export const Measures = z
  .strictObject({
    surfaceMm2: z
      .number()
      .nonnegative()
      .meta({ description: 'Area of the marching-cubes surface half-way between voxel centres.' }),
    longestDiameterMm: z
      .number()
      .nonnegative()
      .meta({ description: 'Longest distance between two points of that surface, also across parts and gaps.' }),
    centroidMm: Point.meta({ description: 'Mean place of the voxels, in RAS millimetres.' }),
    centroidVoxel: Point.meta({ description: 'The same as voxel indices [i, j, k], from 0.' }),
    boundingBox: z
      .strictObject({ min: Voxel, max: Voxel })
      .meta({ description: 'First and last voxel [i, j, k] of the mask, both included, from 0.' }),
    intensity: z
      .strictObject({
        mean: z.number(),
        sd: z.number().nonnegative().meta({ description: 'Of the population: divided by n.' }),
        median: z.number(),
        p5: z.number(),
        p95: z.number(),
        unit: z.literal('HU').nullable().meta({ description: 'HU where a CT reaches beyond 0 to 255; else unknown.' }),
      })
      .nullable()
      .meta({ description: 'Values of the input inside the mask. Null where none is a number.' }),
    components: z.int().min(1).meta({ description: 'Parts of the mask that do not touch by faces of voxels.' }),
    largestComponentShare: z
      .number()
      .gt(0)
      .max(1)
      .meta({ description: 'Share of the mask’s voxels that is in its largest part.' }),
  })
  .meta({ id: 'Measures' });
export type Measures = z.infer<typeof Measures>;

/** Which parts of a mask stay; as prompts and targets of packs hold it. */
export const keepParts = {
  keepLargest: z
    .int()
    .min(0)
    .max(65_535)
    .optional()
    .meta({ description: 'So many connected parts of the mask stay, the largest first; 0 keeps all.' }),
  removeBelowMl: z
    .number()
    .min(0)
    .optional()
    .meta({ description: 'Connected parts of the mask of less than so many millilitres go; 0 keeps all.' }),
};

/** What a rule took out of a mask. */
export const RemovedParts = z
  .strictObject({
    keepLargest: z.int().min(1).optional(),
    removeBelowMl: z.number().positive().optional(),
    components: z.int().nonnegative().meta({ description: 'Connected parts that were removed.' }),
    voxels: z.int().nonnegative().meta({ description: 'Voxels of these parts.' }),
  })
  .meta({ id: 'RemovedParts' });
export type RemovedParts = z.infer<typeof RemovedParts>;
