import { z } from 'zod';
import { FolderUri } from './batch.js';
import { BlobUri, Timestamp } from './primitives.js';
import { problemCodes } from './problems/index.js';
import { Readiness } from './responses.js';

/** Query of `GET /v1/volumes`. */
export const ListVolumes = z.strictObject({
  under: FolderUri.optional().meta({
    description: 'A folder in storage; without it the places that the key may read.',
  }),
  after: z.string().max(2048).optional().meta({ description: '`next` of the page before.' }),
});

/** Answer of `GET /v1/volumes`: one level of a folder, in the order of the keys. */
export const VolumeListing = z
  .strictObject({
    folders: z.array(z.string()).meta({ description: 'URIs to list next, each with a slash at its end.' }),
    volumes: z.array(z.strictObject({ uri: BlobUri, bytes: z.int(), modifiedAt: Timestamp })),
    unnamed: z
      .int()
      .optional()
      .meta({
        description:
          'Volumes and folders left out because no request can name them: a control character, a backslash, or an empty ' +
          'part, `.` or `..` between slashes.',
      }),
    next: z.string().optional().meta({ description: 'There may be more, even where this page is short or empty.' }),
  })
  .meta({ id: 'VolumeListing' });
export type VolumeListing = z.infer<typeof VolumeListing>;

/** Query of `GET /v1/volumes/content`. */
export const VolumeQuery = z.strictObject({ uri: BlobUri });

/** Answer of `GET /v1/batches/:id/failures`: why items failed, the commonest reason first. */
export const BatchFailures = z
  .strictObject({
    examined: z.int().meta({ description: 'Failed items looked at, from the first of the batch on.' }),
    failed: z.int().meta({ description: 'Failed items of the batch; above `examined` the groups are a sample.' }),
    groups: z.array(
      z.strictObject({
        code: z.enum(problemCodes),
        title: z.string(),
        retry: z.enum(['never', 'later']),
        count: z.int(),
        examples: z.array(z.strictObject({ ordinal: z.int(), uri: BlobUri, jobId: z.uuid(), detail: z.string() })),
      }),
    ),
  })
  .meta({ id: 'BatchFailures' });
export type BatchFailures = z.infer<typeof BatchFailures>;

/** Answer of `GET /v1/status`: the whole service at a glance. */
export const ServiceStatus = z
  .strictObject({
    software: z.strictObject({ version: z.string(), commit: z.string().optional() }),
    readiness: Readiness,
    queue: z
      .strictObject({
        waiting: z.int().meta({ description: 'Handed to the workers, not yet taken.' }),
        active: z.int(),
        delayed: z.int().meta({ description: 'Waiting for another attempt.' }),
        pending: z.strictObject({ interactive: z.int(), batch: z.int() }).meta({
          description: 'Jobs of all tenants that wait to be fed.',
        }),
      })
      .optional()
      .meta({ description: 'Absent while Redis does not answer.' }),
    feeder: z.strictObject({ leading: z.boolean() }).meta({ description: 'Whether some api process feeds the queue.' }),
    workers: z.array(
      z.strictObject({
        id: z.string(),
        host: z.string(),
        slots: z.int(),
        device: z.string(),
        packs: z.array(z.string()),
        startedAt: z.string(),
        draining: z.boolean(),
        troubles: z
          .array(
            z.strictObject({
              part: z.string().meta({ description: '`disk`, `machine`, `storage`, or `pack:<id>`.' }),
              code: z.string(),
              detail: z.string(),
              since: z.string(),
            }),
          )
          .meta({
            description: 'What is wrong with its surroundings. It takes no jobs until all but packs are well.',
          }),
      }),
    ),
    unreadableRecords: z.int().optional().meta({
      description:
        'Records of the service in storage that cannot be read and are passed over; `parse3d doctor` names them.',
    }),
    storage: z.strictObject({ scheme: z.enum(['s3', 'local']), bucket: z.string() }),
    redis: z.strictObject({ version: z.string().optional(), usedBytes: z.number().optional() }),
  })
  .meta({ id: 'ServiceStatus' });
export type ServiceStatus = z.infer<typeof ServiceStatus>;
