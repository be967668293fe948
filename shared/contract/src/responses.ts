import { z } from 'zod';
import { JobStatus, JobView } from './job.js';
import { GeometryJson } from './manifest.js';
import { BlobUri, Modality, PackId, Sha256 } from './primitives.js';
import { Prompt } from './prompt.js';

/** Answer of `POST /v1/volumes`. */
export const UploadedVolume = z
  .strictObject({
    uri: BlobUri,
    bytes: z.int(),
    sha256: Sha256,
    geometry: GeometryJson.optional().meta({ description: 'Absent for DICOM, whose images are read by a worker.' }),
    datatype: z
      .string()
      .optional()
      .meta({ description: 'Type of the stored voxels, as nibabel names it; absent for DICOM.', example: 'int16' }),
    frames: z.int().min(2).optional().meta({
      description: 'Of a 4D NIfTI: how many volumes it holds, of which a job chooses one by its option `frame`.',
    }),
    prompts: z.array(Prompt).optional().meta({ description: 'Those that an .npz file brings, for a job to use.' }),
  })
  .meta({ id: 'UploadedVolume' });
export type UploadedVolume = z.infer<typeof UploadedVolume>;

/** Query of `GET /v1/jobs`. */
export const ListJobs = z.strictObject({
  status: JobStatus.optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z
    .string()
    .regex(/^\d{1,16}-[0-9a-f-]{36}$/)
    .optional()
    .meta({ description: '`next` of the page before.' }),
});

/** Answer of `GET /v1/jobs`: newest first. */
export const JobPage = z
  .strictObject({
    jobs: z.array(JobView),
    next: z.string().optional().meta({
      description: 'Give it as `cursor` for the next page, which a filter may leave short; absent on the last.',
    }),
  })
  .meta({ id: 'JobPage' });
export type JobPage = z.infer<typeof JobPage>;

/** One pack in `GET /v1/packs`. */
export const PackSummary = z
  .strictObject({
    id: PackId,
    version: z.string(),
    title: z.string(),
    description: z.string(),
    kind: z.enum(['label-map', 'promptable-slices']),
    modalities: z.array(Modality),
    licence: z.string(),
    citation: z.string().optional(),
    intendedUse: z.string(),
    demonstration: z.boolean(),
    default: z.boolean().meta({ description: 'Used by jobs that name no pack.' }),
    targets: z.array(
      z.strictObject({
        name: z.string(),
        side: z.enum(['left', 'right']).optional(),
        synonyms: z.array(z.string()).default([]).meta({ description: 'Other names that a prompt may give it.' }),
        colour: z
          .string()
          .optional()
          .meta({ description: 'In which it is shown, `#rrggbb`; else one by label number.' }),
      }),
    ),
  })
  .meta({ id: 'PackSummary' });
export type PackSummary = z.infer<typeof PackSummary>;

export const PackList = z.strictObject({ packs: z.array(PackSummary) }).meta({ id: 'PackList' });

const Check = z.strictObject({ ok: z.boolean(), detail: z.string().optional() });

/** Answer of `/readyz`. */
export const Readiness = z
  .strictObject({
    ready: z.boolean(),
    checks: z.record(z.string(), Check),
    warnings: z.array(z.string()),
  })
  .meta({ id: 'Readiness' });
export type Readiness = z.infer<typeof Readiness>;
