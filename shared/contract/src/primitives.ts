import { z } from 'zod';
import { storageUriPattern } from './names/index.js';

export const Modality = z.enum(['ct', 'mr', 'us', 'pet', 'em', 'lightsheet']).meta({
  description: 'Imaging modality: CT, MR, ultrasound, PET, electron microscopy or light-sheet microscopy.',
});
export type Modality = z.infer<typeof Modality>;

export const JobId = z.uuid().meta({ description: 'Identifies a job; sorts by the time of submission.' });

export const PackId = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'expected lower-case letters, digits and hyphens')
  .meta({ id: 'PackId', description: 'Names a pack on this server.', example: 'ct-tissue' });

/** One version of a pack. */
export const PackRef = z.strictObject({ id: PackId, version: z.string() });
export type PackRef = z.infer<typeof PackRef>;

/** In the order in which they are fed. */
export const lanes = ['interactive', 'batch'] as const;
export const Lane = z.enum(lanes);
export type Lane = z.infer<typeof Lane>;

/** `s3://bucket/key` or `local://bucket/key`; with a slash at the end, a folder. */
export const BlobUri = z
  .string()
  .max(2048)
  .regex(storageUriPattern('[\\s\\S]+'), 'expected s3://bucket/key or local://bucket/key')
  .meta({
    description: 'An object in storage; with a slash at the end, a folder with a DICOM series.',
    example: 's3://scans/study-1/ct.nii.gz',
  });

export const Sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'expected 64 lower-case hexadecimal digits');

export const Timestamp = z.iso.datetime({ offset: true });

/** A span of a trace as W3C Trace Context writes it. */
export const Traceparent = z.string().regex(/^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/);

/** A client's own keys: they travel with every job, through Redis too. */
export const Metadata = z
  .record(z.string().max(64), z.string().max(256))
  .refine((entries) => Object.keys(entries).length <= 64, 'expected at most 64 entries');

export const RESEARCH_NOTICE =
  'For research use only: not a medical device, not for diagnosis or treatment. Inputs must hold no patient identifiers.';

/** Why something that acts in the name of a key does nothing: what became of that key. */
export const Stopped = z.enum(['revoked', 'expired', 'unreadable']).meta({
  description: 'The key in whose name it acts was revoked, has expired or cannot be read: nothing is done.',
});
