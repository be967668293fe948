import { z } from 'zod';
import { JobOptions, OutputOptions } from './job-options.js';
import { JobTags, JobTitle, Lane, Metadata, Modality, PackId, PackRef } from './primitives.js';
import { Prompt, Prompts } from './prompt.js';

// What a job is asked for besides its volume, said here alone: as a client writes it, and as it is accepted. Requests,
// records, views and manifests of jobs and batches spread one of the two, and `specOf` carries it from one to the next.

/**
 * As a client writes it. Fields keep their order, and a new one is optional without a default: the digest of the parsed
 * body tells a repeated request from another one, and the version before has to agree.
 */
export const askedSpec = {
  prompts: Prompts.meta({
    description: 'What to find: texts, or texts with label numbers.',
    example: ['left hippocampus', 'right hippocampus'],
  }),
  pack: PackId.optional().meta({ description: 'Default: the server’s default pack.' }),
  modality: Modality.optional().meta({ description: 'Default: the first modality of the pack.' }),
  outputs: OutputOptions.prefault({}),
  options: JobOptions.prefault({}),
  lane: Lane.default('interactive'),
  metadata: Metadata.default({}).meta({
    description: 'Your own keys, at most 64, given back with the job. No patient identifiers.',
  }),
  title: JobTitle.optional().meta({
    description: 'How the job is called in lists; found by search. No patient identifiers.',
    example: 'Pilot 3, baseline',
  }),
  tags: JobTags.optional().meta({ description: 'To find the job by, at most 16. No patient identifiers.' }),
};

/** As accepted: every choice is made, and what was accepted once stays readable. */
export const jobSpec = {
  prompts: z.array(Prompt),
  pack: PackRef,
  modality: Modality,
  outputs: OutputOptions,
  options: JobOptions,
  lane: Lane,
  metadata: z.record(z.string(), z.string()),
  title: z.string().optional(),
  tags: z.array(z.string()).optional(),
} satisfies Record<keyof typeof askedSpec, z.ZodType>;

const JobSpec = z.object(jobSpec);
export type JobSpec = z.infer<typeof JobSpec>;

const BatchSpec = JobSpec.partial({ prompts: true });
/** The spec of all jobs of a batch, whose items may bring the prompts. */
export type BatchSpec = z.infer<typeof BatchSpec>;

/** The spec in a request, record or manifest, without whatever else stands there. */
export function specOf(source: JobSpec): JobSpec {
  return JobSpec.parse(source);
}

/** The same for a batch. */
export function batchSpecOf(source: BatchSpec): BatchSpec {
  return BatchSpec.parse(source);
}
