import { z } from 'zod';
import { Manifest } from './manifest.js';
import { BatchRecord } from './batch.js';
import { BlobUri, Timestamp } from './primitives.js';

/** Stands in `purgedBy` where the age of a job or batch, and not a key, removed it. */
export const BY_RETENTION = 'retention';

const purgedAt = Timestamp;
const purgedBy = z.string().meta({
  description: 'Id of the API key that asked for it, or `retention` where its age did.',
  example: 'Ab3dEf6hIj9k',
});

/**
 * What is left of a job or batch that was removed, in the place of its manifest or record: nothing that says what it was
 * about.
 */
export const Tombstone = z.strictObject({
  schemaVersion: z.literal(1),
  status: z.literal('purged'),
  id: z.uuid(),
  tenant: z.string(),
  purgedAt,
  purgedBy,
});
export type Tombstone = z.infer<typeof Tombstone>;

/** What the place of a run's manifest may hold. */
export const StoredEnd = z.discriminatedUnion('status', [...Manifest.options, Tombstone]);
export type StoredEnd = z.infer<typeof StoredEnd>;

/** What the place of a batch's record may hold. */
export const StoredBatch = z.union([BatchRecord, Tombstone]);
export type StoredBatch = z.infer<typeof StoredBatch>;

/** True for what is left of something that was removed. */
export const isTombstone = <T extends object>(stored: T | Tombstone): stored is Tombstone =>
  'status' in stored && stored.status === 'purged';

/** Answer of the operations that remove a job or batch for good. */
export const Purged = z
  .strictObject({
    id: z.uuid(),
    status: z.enum(['purged', 'purging']).meta({
      description: '`purging`: nobody can see it any more, and the last of its objects are still being removed.',
    }),
    purgedAt,
    purgedBy,
  })
  .meta({ id: 'Purged' });
export type Purged = z.infer<typeof Purged>;

/** Query of `DELETE /v1/jobs/:id`. */
export const CancelOrPurge = z.strictObject({
  purge: z.enum(['true', 'false']).default('false').meta({
    description: 'Remove a job that has ended, with its outputs and its record, instead of canceling it.',
  }),
});

/** Query of `DELETE /v1/batches/:id`: there is no way back, so that it has to be said. */
export const PurgeQuery = z.strictObject({
  purge: z.literal('true').meta({ description: 'Has to be said: what is removed cannot be brought back.' }),
});

/** Answer of `DELETE /v1/volumes`. */
export const RemovedVolume = z
  .strictObject({ uri: BlobUri, objects: z.int(), bytes: z.int() })
  .meta({ id: 'RemovedVolume' });
export type RemovedVolume = z.infer<typeof RemovedVolume>;

/** Answer of `GET /v1/usage`: what a tenant has stored, and how long it stays. */
export const Usage = z
  .strictObject({
    tenant: z.string(),
    bytes: z
      .strictObject({
        uploads: z.int(),
        results: z.int().meta({ description: 'Outputs of jobs, reports and derivatives of batches.' }),
        arriving: z.int().meta({ description: 'Uploads that are under way.' }),
        total: z.int(),
      })
      .meta({ description: 'Counted as it changes, and again from storage at every walk.' }),
    quotaBytes: z.int().nullable().meta({ description: 'Null where there is no limit.' }),
    countedAt: Timestamp.optional().meta({
      description: 'When all that is stored was last counted; absent while that has still to happen.',
    }),
    uploadsKeptSeconds: z.number().meta({
      description: 'How long an upload stays that no job, batch or rule names.',
    }),
    retentionSeconds: z
      .number()
      .nullable()
      .meta({ description: 'Age at which ended jobs and batches are removed; null where they stay.' }),
  })
  .meta({ id: 'Usage' });
export type Usage = z.infer<typeof Usage>;
