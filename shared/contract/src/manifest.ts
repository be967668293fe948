import { z } from 'zod';
import { Measures, RemovedParts } from './measures.js';
import { Instances } from './instances.js';
import { Stage } from './job.js';
import { jobSpec } from './job-spec.js';
import { WeightsFile } from './pack.js';
import { BlobUri, JobId, Sha256, Timestamp } from './primitives.js';
import { ProblemBody } from './problem-body.js';

const Vec3 = z.tuple([z.number(), z.number(), z.number()]);

export const GeometryJson = z.strictObject({
  shape: z.tuple([z.int(), z.int(), z.int()]),
  affine: z.array(z.number()).length(16).meta({ description: 'Voxel to RAS millimetres, row-major.' }),
  spacingMm: Vec3,
});

export type GeometryJson = z.infer<typeof GeometryJson>;

interface Geometry {
  readonly shape: readonly [number, number, number];
  readonly affine: ArrayLike<number> & Iterable<number>;
  readonly spacingMm: readonly [number, number, number];
}

/** Shape [i, j, k], affine (voxel to RAS millimetres, row-major) and spacing in mm, as manifests hold them. */
export function geometryToJson({ shape, affine, spacingMm }: Geometry): GeometryJson {
  return { shape: [...shape], affine: [...affine], spacingMm: [...spacingMm] };
}

/** What was found for one prompt. */
export const Finding = z
  .strictObject({
    label: z.int().min(1),
    prompt: z.string(),
    verdict: z.enum(['present', 'absent']),
    voxels: z.int().nonnegative(),
    volumeMl: z.number().nonnegative(),
    /** Of the voxels in the mask; null when it is empty or the engine gives no probabilities. */
    meanProbability: z.number().min(0).max(1).nullable(),
    maxProbability: z.number().min(0).max(1).nullable(),
    /** The model's own score that the target is there; null for engines without one. */
    existence: z.number().min(0).max(1).nullable().meta({
      description: 'Score that the target is there: the highest of all slices. Null for packs without one.',
    }),
    /** The same per slice of the input, for packs that look at slices. */
    existenceBySlice: z
      .strictObject({
        axis: z.enum(['i', 'j', 'k']).meta({ description: 'Axis of the input that was cut.' }),
        scores: z.array(z.number().min(0).max(1).nullable()).meta({
          description: 'One per index along the axis, to three digits; null where the slice was not looked at.',
        }),
      })
      .optional(),
    /** Whether the pack was trained and evaluated for this target. */
    recommended: z.boolean(),
    suggestion: z
      .string()
      .optional()
      .meta({ description: 'Of a prompt that is not recommended: the name of the pack that was probably meant.' }),
    /** Names of the pack's classes that the prompt stands for; label-map packs only. */
    classes: z.array(z.string()).optional(),
    instances: Instances.optional().meta({
      description: 'The mask’s objects, where the prompt asked for them.',
    }),
    measures: Measures.optional().meta({
      description: 'Absent where the mask is empty, or where measures were not asked for.',
    }),
    removed: RemovedParts.optional().meta({
      description: 'What the rule of the prompt or the pack took out of the mask; absent without a rule.',
    }),
  })
  .meta({ id: 'Finding' });
export type Finding = z.infer<typeof Finding>;

export const OutputFile = z.strictObject({
  name: z.string(),
  key: z.string().meta({ description: 'Object key in the service’s bucket.' }),
  bytes: z.int().nonnegative(),
  sha256: Sha256,
  contentType: z.string(),
});
export type OutputFile = z.infer<typeof OutputFile>;

// The manifest’s `outputs` are files.
const { prompts, pack, modality, outputs: outputOptions, ...furtherSpec } = jobSpec;
const manifestSpec = { prompts, pack, modality, outputOptions, ...furtherSpec };

const manifestBase = {
  schemaVersion: z.literal(1),
  jobId: JobId,
  run: z.int().min(1),
  tenant: z.string(),
  attemptId: z.string(),
  createdAt: Timestamp,
  startedAt: Timestamp.optional(),
  finishedAt: Timestamp,
  input: z.strictObject({ uri: BlobUri, etag: z.string(), bytes: z.int(), sha256: Sha256.optional() }),
  ...manifestSpec,
  requestSha256: z.string(),
  software: z.strictObject({ name: z.literal('parse3d'), version: z.string(), commit: z.string().optional() }),
  notice: z.string(),
};

/** The JSON that commits a finished run: `results/<jobId>/<run>/manifest.json`. */
export const Manifest = z
  .discriminatedUnion('status', [
    z.strictObject({
      ...manifestBase,
      status: z.literal('completed'),
      geometry: GeometryJson,
      model: z.strictObject({
        title: z.string(),
        licence: z.string(),
        /** What the pack was exported from, where it says so. */
        weights: WeightsFile.optional(),
        citation: z.string().optional(),
        intendedUse: z.string(),
        demonstration: z.boolean(),
        /** SHA-256 of each graph that ran. */
        graphs: z.record(z.string(), Sha256),
      }),
      device: z.string(),
      findings: z.array(Finding),
      /** What was done to the voxels, step by step, for people and for reproduction. */
      preparation: z.array(z.string()),
      warnings: z.array(z.string()),
      timingsMs: z.partialRecord(Stage, z.number().nonnegative()),
      peakMemoryBytes: z.number().nonnegative().optional(),
      outputs: z.array(OutputFile),
      /** The run whose result this one shares, because input, prompts, pack and options were equal. */
      reusedFrom: z.strictObject({ jobId: JobId, run: z.int().min(1) }).optional(),
    }),
    z.strictObject({ ...manifestBase, status: z.literal('failed'), problem: ProblemBody }),
    z.strictObject({ ...manifestBase, status: z.literal('canceled') }),
  ])
  .meta({ id: 'Manifest' });
export type Manifest = z.infer<typeof Manifest>;
export type CompletedManifest = Extract<Manifest, { status: 'completed' }>;
