import { z } from 'zod';
import { keepParts } from './measures.js';
import { Modality, PackId, Sha256 } from './primitives.js';

const PackFile = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/, 'expected a plain file name inside the pack')
  .describe('A file of the pack: one name, no path.');

export const Orientation = z
  .string()
  .regex(/^(?=.*[RL])(?=.*[AP])(?=.*[SI])[RLAPSI]{3}$/, 'expected three axis letters such as RAS or LPS')
  .describe('Three letters, for i, j and k, each naming the direction of the world that the index grows towards.');

const Range = z.tuple([z.number(), z.number()]).describe('Least and greatest value that the model sees.');
const Voxels = z.enum(['all', 'positive']).describe('Voxels that are counted: all, or those above 0.');

/** The other way round every voxel would get the same value, and nothing would say so. */
const isRising = ({ low, high }: { low: number; high: number }): boolean => low < high;
const notRising = { path: ['low'], error: 'expected low to be below high' };

/** How voxel values become what the model was trained on. */
export const Intensity = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('none') }).describe('Values are left as they are.'),
  z
    .strictObject({ kind: z.literal('min-max'), range: Range })
    .describe('Linear from minimum and maximum of the volume to `range`.'),
  z
    .strictObject({ kind: z.literal('window'), width: z.number().positive(), level: z.number(), range: Range })
    .describe('Cut to level ± width/2, in the unit of the volume (Hounsfield units for CT), then linear to `range`.'),
  z
    .strictObject({
      kind: z.literal('percentile'),
      low: z.number().min(0).max(100),
      high: z.number().min(0).max(100),
      of: Voxels,
      range: Range,
    })
    .refine(isRising, notRising)
    .describe('Cut to two percentiles, interpolated linearly as numpy does, then linear to `range`.'),
  z
    .strictObject({
      kind: z.literal('z-score'),
      of: z
        .enum(['all', 'positive', 'nonzero'])
        .describe(
          'Voxels that are counted: all, those above 0, or those that are not 0, which alone are changed then.',
        ),
    })
    .describe('Less the mean, divided by the standard deviation.'),
  z
    .strictObject({
      kind: z.literal('clip-z-score'),
      low: z.number(),
      high: z.number(),
      mean: z.number(),
      std: z.number().positive(),
    })
    .refine(isRising, notRising)
    .describe(
      'Cut to `low` and `high`, less `mean`, divided by `std`: numbers of the training, as nnU-Net has for CT.',
    ),
  z
    .strictObject({ kind: z.literal('biomedparse') })
    .describe(
      'The published rule of BiomedParse: values within 0 to 255 are left alone, CT is cut to the window of the prompt, ' +
        'anything else to percentiles.',
    ),
]);
export type Intensity = z.infer<typeof Intensity>;

/** One thing that the pack can find, under every name that a prompt may give it. */
export const Target = z.strictObject({
  name: z.string().min(1).max(200).describe('Without a side: `hippocampus`, not `left hippocampus`.'),
  side: z.enum(['left', 'right']).optional().describe('Absent where the target has none, or both sides are one.'),
  synonyms: z
    .array(z.string().min(1).max(200))
    .default([])
    .describe('Other names; the same one on several targets names them as a group.'),
  colour: z
    .string()
    .regex(/^#[0-9a-f]{6}$/)
    .optional()
    .describe('`#rrggbb` in small letters.'),
  keepLargest: keepParts.keepLargest.describe(
    'How many connected parts the target has: of its mask the largest stay. Absent or 0: all. A prompt may say otherwise.',
  ),
  removeBelowMl: keepParts.removeBelowMl.describe(
    'Connected parts of its mask of less than so many millilitres go. Absent or 0: none. A prompt may say otherwise.',
  ),
});
export type Target = z.infer<typeof Target>;

export const LabelClass = Target.extend({
  channel: z.int().min(1).describe('Channel of the output; 0 is the background and is not listed.'),
});
export type LabelClass = z.infer<typeof LabelClass>;

const Lengths = z.tuple([z.int().positive(), z.int().positive(), z.int().positive()]);
const Mm = z.number().positive();
const SpacingMm = z.tuple([Mm, Mm, Mm]);
const ConformSpacingMm = z.tuple([Mm.nullable(), Mm.nullable(), Mm.nullable()]);

const SlidingWindow = z.strictObject({
  shape: Lengths.describe('Voxels [i, j, k] of one window, in the grid of the model.'),
  overlap: z.number().min(0).max(0.75).default(0.5).describe('Share of two neighbouring windows that overlaps.'),
  blending: z
    .enum(['constant', 'gaussian'])
    .default('gaussian')
    .describe('Weight of the voxels of a window: all the same, or a Gaussian with sigma = 1/8 of the window.'),
  /**
   * Tiles instead of blended windows, for graphs whose receptive field reaches no further than `halo` voxels: 0 for a
   * graph that looks at single voxels. The volume is cut into cores of at most `shape` that do not overlap; the graph sees
   * each core with `halo` more voxels on every side, cut at the border of the volume and never padded, and only the core's
   * scores are kept. The scores are then exactly those of one pass over the whole volume, and memory is that of one tile.
   * The graph's spatial axes must be open; `overlap` and `blending` are ignored.
   */
  halo: z
    .int()
    .nonnegative()
    .optional()
    .describe(
      'Tiles instead of blended windows, for graphs that reach no further than so many voxels: the result is exactly that ' +
        'of one pass over the whole volume. `overlap` and `blending` are ignored then.',
    ),
});

const LabelMapFields = z.strictObject({
  graph: PackFile,
  folds: z
    .array(PackFile)
    .min(1)
    .max(31)
    .optional()
    .describe('Further graphs of the same form; the mean of their logits counts. With `recipe` only.'),
  recipe: z
    .literal('nnunet')
    .optional()
    .describe(
      'Everything between the file and the labels as nnU-Net v2 does it: cut to the box of voxels other than 0, then ' +
        '`intensity`, then splines of order 3 to `conform.spacingMm` (slices apart where voxels are more than three ' +
        'times as long as wide); windows at half steps, their logits weighted by its Gaussian and summed in half ' +
        'precision; logits back to the grid of the volume, and only there the decision.',
    ),
  mirror: z
    .array(z.enum(['i', 'j', 'k']))
    .min(1)
    .max(3)
    .optional()
    .describe('Each window is run mirrored along these axes and every set of them too. With `recipe` only.'),
  input: z.string().default('image').describe('Input of the graph, float32 [1, 1, …axes].'),
  body: z
    .strictObject({
      input: z.string().default('depth'),
      above: z.number().describe('Border of air and tissue, in the unit of the volume (Hounsfield units for CT).'),
    })
    .optional()
    .describe(
      'Further input of the graph, float32 [1, 1, …axes]: distance in mm from the border of the body, 0 outside. The body is ' +
        'the largest part above `above`, thin things such as a table cut off, holes filled in each axial slice.',
    ),
  output: z.string().default('logits').describe('Output of the graph, float32 [1, channels, …axes].'),
  axes: z
    .enum(['ijk', 'ikj', 'jik', 'jki', 'kij', 'kji'])
    .describe('Order of the three spatial axes in the tensors, slowest first: `kji` is the memory order of NIfTI.'),
  channels: z
    .int()
    .min(2)
    .max(65_535)
    .describe('Channels of the output, the background included: with `sigmoid` one more than the graph has.'),
  activation: z
    .enum(['softmax', 'none', 'sigmoid'])
    .describe(
      '`softmax`: the graph gives logits of exclusive classes; `none`: probabilities that sum to 1; `sigmoid` (with ' +
        '`recipe` only): logits of regions within each other, none for the background, and a voxel belongs to the last ' +
        'class whose logit is above 0.',
    ),
  conform: z
    .strictObject({
      orientation: Orientation.optional(),
      spacingMm: ConformSpacingMm.optional().describe(
        'Spacing [i, j, k] in mm; null along an axis that keeps its own.',
      ),
      shape: Lengths.optional().describe('Pad or crop about the centre to exactly this shape.'),
      multipleOf: z
        .int()
        .positive()
        .optional()
        .describe('Pad every length up to a multiple of this, for graphs that halve their input.'),
    })
    .describe('Grid that the model was trained on; what is absent stays as the volume has it.'),
  intensity: Intensity.describe('How values are prepared, see below.'),
  window: SlidingWindow.optional().describe('Absent: the whole volume in one pass.'),
  classes: z.array(LabelClass).min(1).describe('What the channels stand for.'),
});

const isSet = (names: readonly string[]): boolean => new Set(names).size === names.length;

/** What a recipe cannot do, and what cannot be done without it. */
export const LabelMapModel = LabelMapFields.superRefine((model, context) => {
  const { recipe, window, conform, body } = model;
  const say = (key: string, message: string): void => context.addIssue({ code: 'custom', path: [key], message });
  // One that is named twice would count twice.
  if (!isSet([model.graph, ...(model.folds ?? [])])) say('folds', 'expected every graph once, model.graph among them');
  if (!isSet(model.mirror ?? [])) say('mirror', 'expected every axis once');
  if (recipe === undefined) {
    if (model.folds !== undefined) say('folds', 'folds need recipe: "nnunet"');
    if (model.mirror !== undefined) say('mirror', 'mirror needs recipe: "nnunet"');
    if (model.activation === 'sigmoid') say('activation', 'sigmoid needs recipe: "nnunet"');
    return;
  }
  if (window === undefined || window.halo !== undefined) say('window', 'the recipe needs a window, without a halo');
  if (conform.shape !== undefined || conform.multipleOf !== undefined) {
    say('conform', 'the recipe pads to the window alone: neither shape nor multipleOf');
  }
  if (conform.spacingMm === undefined) say('conform', 'the recipe needs spacingMm');
  if (body !== undefined) say('body', 'the recipe has no input for the body');
  if (model.activation === 'none') say('activation', 'the recipe adds logits up: softmax or sigmoid');
});
export type LabelMapModel = z.infer<typeof LabelMapModel>;

export const PromptableSlicesModel = z.strictObject({
  textEncoder: PackFile,
  imageEncoder: PackFile,
  decoder: PackFile,
  tokenizer: PackFile,
  contextLength: z.int().positive().default(77).describe('Text positions, padding included.'),
  imageSize: z.int().positive().describe('Side of the square slice that the image encoder takes.'),
  maskSize: z.int().positive().describe('Side of the square mask that the decoder gives.'),
  orientation: Orientation.describe('Orientation of the volume before it is cut into slices, as three letters.'),
  sliceAxis: z
    .enum(['biomedparse', 'i', 'j', 'k'])
    .describe('Axis that is cut: chosen by shape as BiomedParse does, or one axis of `orientation`.'),
  spacingMm: SpacingMm.optional().describe('Spacing [i, j, k] in mm before slicing; absent: that of the volume.'),
  intensity: Intensity.describe('How values are prepared, see below.'),
  normalise: z
    .strictObject({ mean: z.number(), std: z.number().positive() })
    .describe('One grey mean and standard deviation for all three channels, after `intensity`.'),
  fit: z
    .enum(['pad-resize', 'pad-crop'])
    .describe('Pad a slice to a square and resize it to imageSize, or centre it on imageSize without resizing.'),
  noise: z
    .array(z.strictObject({ input: z.string(), shape: z.tuple([z.int(), z.int(), z.int()]) }))
    .default([])
    .describe('Noise inputs of the decoder, a layer each, with their shape [heads, queries, positions].'),
  positionInput: z
    .string()
    .optional()
    .describe('Further input of the image encoder, float32 [B]: the place of the slice in the volume from -1 to 1.'),
  edgeOutput: z
    .string()
    .optional()
    .describe(
      'Further output of the decoder, float32 like the masks: logits of the edges between objects of one target.',
    ),
  suppression: z
    .enum(['none', 'iou'])
    .describe('`iou`: targets of one slice suppress each other where their masks overlap, by existence score.'),
  overlap: z
    .enum(['most-probable', 'most-specific'])
    .default('most-probable')
    .describe('Which of several prompts that claim a voxel the label map shows: the likeliest, or the smallest.'),
  promptPadding: z
    .enum(['longest', 'isolated'])
    .default('longest')
    .describe('`longest` pads every prompt to the longest of the job; `isolated` runs each at its own length.'),
});
export type PromptableSlicesModel = z.infer<typeof PromptableSlicesModel>;

/** The file of weights that a pack was exported from. */
export const WeightsFile = z.strictObject({ file: z.string(), bytes: z.int().nonnegative(), sha256: Sha256 });

const packBase = {
  schemaVersion: z.literal(1).describe('Form of this file.'),
  id: PackId,
  version: z
    .string()
    .regex(/^\d+\.\d+\.\d+$/, 'expected major.minor.patch')
    .describe('`major.minor.patch`.'),
  title: z.string().min(1).max(200).describe('For people; goes into every manifest.'),
  description: z.string().max(4000).default('').describe('For people.'),
  licence: z
    .strictObject({ spdx: z.string().min(1), url: z.url().optional() })
    .describe('SPDX identifier of the licence of the weights; NOASSERTION where it is not known.'),
  weights: WeightsFile.optional().describe(
    'The file of weights that the pack was exported from: its name, size and SHA-256; goes into every manifest.',
  ),
  citation: z.string().max(2000).optional().describe('What to cite; goes into every manifest.'),
  intendedUse: z.string().min(1).max(4000).describe('For what, and for what not; goes into every manifest.'),
  demonstration: z
    .boolean()
    .default(false)
    .describe('A model made to show how things work, not to be relied on: every manifest says so.'),
  modalities: z.array(Modality).min(1).describe('What it was made for; the first is the default of a job.'),
  files: z
    .record(PackFile, z.strictObject({ sha256: Sha256, bytes: z.int().nonnegative() }))
    .describe('Every file of the pack but pack.json itself, with `sha256` and `bytes`.'),
  threshold: z.number().gt(0).lt(1).default(0.5).describe('Probability from which a voxel belongs to a mask.'),
  bytesPerVoxel: z
    .number()
    .positive()
    .optional()
    .describe('Rough memory of one job, in bytes per voxel of the grid of the model.'),
};

export const Pack = z
  .discriminatedUnion('kind', [
    z.strictObject({ ...packBase, kind: z.literal('label-map'), model: LabelMapModel }),
    z.strictObject({
      ...packBase,
      kind: z.literal('promptable-slices'),
      model: PromptableSlicesModel,
      targets: z
        .array(Target)
        .default([])
        .describe('What the model was trained to find; other prompts are accepted and marked as not recommended.'),
    }),
  ])
  .meta({ id: 'Pack' });
export type Pack = z.infer<typeof Pack>;
