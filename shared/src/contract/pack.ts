import { z } from 'zod';
import { Modality, Sha256 } from './primitives.js';

/** A file name inside the pack's folder: one segment, no path. */
const PackFile = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/, 'expected a plain file name inside the pack');

export const PackId = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'expected lower-case letters, digits and hyphens')
  .meta({ id: 'PackId', description: 'Names a pack on this server.', example: 'ct-tissue' });

/** Three letters, one per array axis in the order i, j, k, each naming the world direction the index grows towards. */
export const Orientation = z
  .string()
  .regex(/^(?=.*[RL])(?=.*[AP])(?=.*[SI])[RLAPSI]{3}$/, 'expected three axis letters such as RAS or LPS');

/** How voxel values become what the model was trained on. */
export const Intensity = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('none') }),
  /** Linear from [minimum, maximum] of the volume to `range`. */
  z.strictObject({ kind: z.literal('min-max'), range: z.tuple([z.number(), z.number()]) }),
  /** Clip to level ± width/2, then linear to `range`. Unit: the volume's own, Hounsfield units for CT. */
  z.strictObject({
    kind: z.literal('window'),
    width: z.number().positive(),
    level: z.number(),
    range: z.tuple([z.number(), z.number()]),
  }),
  /** Clip to two percentiles (numpy's linear interpolation), of all voxels or of those above 0, then linear to `range`. */
  z.strictObject({
    kind: z.literal('percentile'),
    low: z.number().min(0).max(100),
    high: z.number().min(0).max(100),
    of: z.enum(['all', 'positive']),
    range: z.tuple([z.number(), z.number()]),
  }),
  /** Subtract the mean, divide by the standard deviation. */
  z.strictObject({ kind: z.literal('z-score'), of: z.enum(['all', 'positive']) }),
  /** DESIGN's rule for BiomedParse: [0, 255] left alone, CT by the prompt's window, anything else by percentiles. */
  z.strictObject({ kind: z.literal('biomedparse') }),
]);
export type Intensity = z.infer<typeof Intensity>;

/** One thing that the pack can find, under every name that a prompt may give it. */
export const Target = z.strictObject({
  /** Without a side: `hippocampus`, not `left hippocampus`. */
  name: z.string().min(1).max(200),
  side: z.enum(['left', 'right']).optional(),
  synonyms: z.array(z.string().min(1).max(200)).default([]),
  colour: z
    .string()
    .regex(/^#[0-9a-f]{6}$/)
    .optional(),
});
export type Target = z.infer<typeof Target>;

/** A channel of a label-map pack's output. Channel 0 is the background and is not listed. */
export const LabelClass = Target.extend({ channel: z.int().min(1) });
export type LabelClass = z.infer<typeof LabelClass>;

const SlidingWindow = z.strictObject({
  /** Voxels [i, j, k] of one window, in the conformed grid. */
  shape: z.tuple([z.int().positive(), z.int().positive(), z.int().positive()]),
  /** Share of two neighbouring windows that overlaps, 0 to 0.75. */
  overlap: z.number().min(0).max(0.75).default(0.5),
  /** Weight of a window's voxels: all the same, or a Gaussian with sigma = 1/8 of the window. */
  blending: z.enum(['constant', 'gaussian']).default('gaussian'),
  /**
   * Tiles instead of blended windows, for graphs whose receptive field reaches no further than `halo` voxels: 0 for a
   * graph that looks at single voxels. The volume is cut into cores of at most `shape` that do not overlap; the graph sees
   * each core with `halo` more voxels on every side, cut at the border of the volume and never padded, and only the core's
   * scores are kept. The scores are then exactly those of one pass over the whole volume, and memory is that of one tile.
   * The graph's spatial axes must be open; `overlap` and `blending` are ignored.
   */
  halo: z.int().nonnegative().optional(),
});

export const LabelMapModel = z.strictObject({
  graph: PackFile,
  /** Input tensor float32 [1, 1, …axes], output float32 [1, channels, …axes]. */
  input: z.string().default('image'),
  output: z.string().default('logits'),
  /** Order of the three spatial axes in the tensors, slowest first: `kji` is the memory order of NIfTI. */
  axes: z.enum(['ijk', 'kji']),
  channels: z.int().min(2).max(65_535),
  /** What the graph returns: logits of exclusive classes, or probabilities that sum to 1. */
  activation: z.enum(['softmax', 'none']),
  /** Grid that the model was trained on. An absent spacing or orientation leaves the volume's own. */
  conform: z.strictObject({
    orientation: Orientation.optional(),
    spacingMm: z.tuple([z.number().positive(), z.number().positive(), z.number().positive()]).optional(),
    /** Pad or crop about the centre to exactly this shape. */
    shape: z.tuple([z.int().positive(), z.int().positive(), z.int().positive()]).optional(),
    /** Round the shape up to multiples of this by padding, for graphs that halve their input. */
    multipleOf: z.int().positive().optional(),
  }),
  intensity: Intensity,
  /** Absent: the whole volume in one pass. */
  window: SlidingWindow.optional(),
  classes: z.array(LabelClass).min(1),
});
export type LabelMapModel = z.infer<typeof LabelMapModel>;

export const PromptableSlicesModel = z.strictObject({
  textEncoder: PackFile,
  imageEncoder: PackFile,
  decoder: PackFile,
  tokenizer: PackFile,
  /** Text positions, padding included. */
  contextLength: z.int().positive().default(77),
  /** Side of the square slice that the image encoder takes. */
  imageSize: z.int().positive(),
  /** Side of the square mask that the decoder gives. */
  maskSize: z.int().positive(),
  /** Canonical orientation of the volume before slicing. */
  orientation: Orientation,
  /** Axis that is cut: chosen by shape as BiomedParse does, or one axis of the canonical orientation. */
  sliceAxis: z.enum(['biomedparse', 'i', 'j', 'k']),
  /** In-plane and through-plane resampling before slicing; absent: the volume's own spacing. */
  spacingMm: z.tuple([z.number().positive(), z.number().positive(), z.number().positive()]).optional(),
  intensity: Intensity,
  /** One grey mean and standard deviation for all three channels, applied after `intensity`. */
  normalise: z.strictObject({ mean: z.number(), std: z.number().positive() }),
  /** Slice fitting: pad to a square and resize to imageSize, or centre on imageSize without resizing. */
  fit: z.enum(['pad-resize', 'pad-crop']),
  /** Names and shapes of the noise tensors of each decoder layer: [heads, queries, positions]. */
  noise: z.array(z.strictObject({ input: z.string(), shape: z.tuple([z.int(), z.int(), z.int()]) })).default([]),
  /** Extra input of the image encoder: float32 [B], the slice's place in the canonical volume from -1 to 1. */
  positionInput: z.string().optional(),
  /** Targets of one slice suppress each other where their masks overlap, by existence score. */
  suppression: z.enum(['none', 'iou']),
  /** Which of several prompts that claim a voxel the label map shows: the likeliest, or the one with the smallest mask. */
  overlap: z.enum(['most-probable', 'most-specific']).default('most-probable'),
  promptPadding: z.enum(['longest', 'isolated']).default('longest'),
});
export type PromptableSlicesModel = z.infer<typeof PromptableSlicesModel>;

const packBase = {
  schemaVersion: z.literal(1),
  id: PackId,
  version: z.string().regex(/^\d+\.\d+\.\d+$/, 'expected major.minor.patch'),
  title: z.string().min(1).max(200),
  description: z.string().max(4000).default(''),
  licence: z.strictObject({ spdx: z.string().min(1), url: z.url().optional() }),
  citation: z.string().max(2000).optional(),
  intendedUse: z.string().min(1).max(4000),
  /** A model made to show how things work, not to be relied on: every manifest says so. */
  demonstration: z.boolean().default(false),
  modalities: z.array(Modality).min(1),
  /** Every file of the pack but pack.json itself. */
  files: z.record(PackFile, z.strictObject({ sha256: Sha256, bytes: z.int().nonnegative() })),
  /** Probability from which a voxel belongs to a mask. */
  threshold: z.number().gt(0).lt(1).default(0.5),
  /** Rough need of one job, for admission and for people: bytes per voxel of the conformed grid. */
  bytesPerVoxel: z.number().positive().optional(),
};

export const Pack = z
  .discriminatedUnion('kind', [
    z.strictObject({ ...packBase, kind: z.literal('label-map'), model: LabelMapModel }),
    z.strictObject({
      ...packBase,
      kind: z.literal('promptable-slices'),
      model: PromptableSlicesModel,
      /** What the model was trained to find; other prompts are accepted and marked as not recommended. */
      targets: z.array(Target).default([]),
    }),
  ])
  .meta({ id: 'Pack' });
export type Pack = z.infer<typeof Pack>;
