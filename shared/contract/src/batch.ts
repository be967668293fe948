import { z } from 'zod';
import { problemCodes } from './problems/index.js';
import { askedSpec, jobSpec } from './job-spec.js';
import { BlobUri, Lane, Timestamp, Traceparent } from './primitives.js';
import { Prompt, Prompts } from './prompt.js';
import { LeftOut, LeftOutView } from './left-out.js';
import { compileGlob, MAX_GLOB_LENGTH } from './text/glob.js';
import { storageUriPattern, VOLUME_ENDINGS } from './names/index.js';

/** A folder in storage: `s3://bucket/prefix/`, or a whole bucket `s3://bucket/`. */
export const FolderUri = z
  .string()
  .max(2048)
  .regex(storageUriPattern('([\\s\\S]*/)?'), 'expected s3://bucket/folder/ or local://bucket/folder/');

/** Where the volumes of a batch come from. */
export const BatchSource = z
  .discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('prefix'),
      uri: FolderUri,
      pattern: z
        .string()
        .min(1)
        .max(MAX_GLOB_LENGTH)
        .superRefine((pattern, context) => {
          try {
            compileGlob(pattern);
          } catch (error) {
            context.addIssue({ code: 'custom', message: error instanceof Error ? error.message : String(error) });
          }
        })
        .optional()
        .meta({
          description:
            'Glob over the key below the folder: `*`, `?`, `**`, `[a-z]` and `{one,other}`, with braces at most 4 deep. ' +
            `Default: what ends in ${VOLUME_ENDINGS}, but not in .seg.nrrd.`,
        }),
    }),
    z.strictObject({
      kind: z.literal('manifest'),
      uri: BlobUri.meta({ description: 'A JSONL object: `{"uri": …, "prompts"?: […]}` a line.' }),
    }),
    z.strictObject({
      kind: z.literal('bids'),
      uri: FolderUri.meta({ description: 'Root of a BIDS dataset.' }),
      suffix: z
        .string()
        .regex(/^[A-Za-z0-9]{1,32}$/)
        .default('T1w'),
      entities: z
        .record(z.string().regex(/^[a-z]{1,32}$/), z.string().regex(/^[A-Za-z0-9+._-]{1,64}$/))
        .optional()
        .meta({
          description:
            'Only images whose names carry these labels, such as `{"acq": "mprage"}`. Without `part` the parts phase, ' +
            'real and imag of a complex image are left out.',
          example: { acq: 'mprage' },
        }),
    }),
    z.strictObject({
      kind: z.literal('items'),
      items: z
        .array(z.strictObject({ uri: BlobUri, prompts: Prompts.optional() }))
        .min(1)
        .max(10_000),
    }),
  ])
  .meta({ id: 'BatchSource' });
export type BatchSource = z.infer<typeof BatchSource>;

/** After this many failures the rest of the batch is not run. */
export const ErrorThreshold = z
  .strictObject({
    count: z.int().min(0).optional(),
    share: z.number().min(0).max(1).optional().meta({ description: 'Of the items that ended, once 20 have.' }),
  })
  .refine((threshold) => threshold.count !== undefined || threshold.share !== undefined, 'expected count or share');
export type ErrorThreshold = z.infer<typeof ErrorThreshold>;

// Last in the body of a batch, whose digest an idempotency key remembers.
const { metadata, ...askedOfItems } = askedSpec;

/** Body of `POST /v1/batches`. */
export const SubmitBatch = z
  .strictObject({
    name: z.string().max(200).optional(),
    source: BatchSource,
    ...askedOfItems,
    prompts: askedSpec.prompts.optional().meta({ description: 'For every item that brings none of its own.' }),
    lane: Lane.default('batch'),
    errorThreshold: ErrorThreshold.optional(),
    skipCompleted: z
      .boolean()
      .default(true)
      .meta({ description: 'Reuse the result of an equal input, prompts, pack and options instead of running again.' }),
    dryRun: z
      .boolean()
      .default(false)
      .meta({ description: 'Only count and estimate: how many volumes and bytes, and how long they may take.' }),
    metadata,
    frames: z
      .literal('all')
      .optional()
      .meta({
        description:
          'Each frame of a 4D NIfTI becomes an item of its own; the header of every volume is read for that. Without it, ' +
          'and without the option `frame`, such volumes fail.',
      }),
  })
  .refine(
    ({ frames, options }) => frames === undefined || options.frame === undefined,
    'expected frames (all of them) or the option frame (one), not both',
  )
  .meta({ id: 'SubmitBatch' });
export type SubmitBatch = z.infer<typeof SubmitBatch>;

const Frame = z.strictObject({ number: z.int().min(1), count: z.int().min(1) });

/** One line of an item chunk in storage. */
export const BatchItem = z.strictObject({
  uri: BlobUri,
  /** Empty when the listing did not tell: the version is then pinned when the job is fed. */
  etag: z.string(),
  bytes: z.int().nonnegative(),
  prompts: z.array(Prompt).optional(),
  /** Of a 4D volume: which of its frames, from 1, and how many it has. */
  frame: Frame.optional(),
});
export type BatchItem = z.infer<typeof BatchItem>;

/** Items in one chunk. */
export const ITEMS_PER_CHUNK = 10_000;

/** `batches/<id>/batch.json`: written last, it makes the batch accepted. */
export const BatchRecord = z.strictObject({
  batchId: z.uuid(),
  tenant: z.string(),
  name: z.string().optional(),
  createdAt: Timestamp,
  total: z.int().min(1),
  bytes: z.int().nonnegative(),
  ...jobSpec,
  prompts: jobSpec.prompts.optional(),
  errorThreshold: ErrorThreshold.optional(),
  skipCompleted: z.boolean(),
  source: z.strictObject({ kind: z.string(), uri: z.string().optional() }),
  leftOut: z.array(LeftOut).optional(),
  /** Of the body, where the request had an idempotency key. */
  requestSha256: z.string().optional(),
  /** The key in whose name it runs: with the key it is withdrawn. Absent in what earlier versions accepted. */
  keyId: z.string().optional(),
  /** The span that accepted the batch; its jobs link to it. */
  traceparent: Traceparent.optional(),
});
export type BatchRecord = z.infer<typeof BatchRecord>;

export const batchStatuses = ['running', 'paused', 'canceled', 'stopped', 'completed'] as const;
export const BatchStatus = z.enum(batchStatuses);
export type BatchStatus = z.infer<typeof BatchStatus>;

/** How long the workers that run now would need. */
export const BatchEstimate = z
  .strictObject({
    seconds: z.int(),
    basis: z.enum(['recent-jobs', 'pack']).meta({
      description:
        '`recent-jobs`: what the latest jobs of the pack took. `pack`: nothing of it has run yet; a rough guess from its ' +
        'need of memory, which may be ten times off.',
    }),
    jobs: z.int().meta({ description: 'Jobs that it is based on.' }),
    slots: z.int().meta({ description: 'Slots of workers that have the pack; 0 counts as 1.' }),
  })
  .meta({ id: 'BatchEstimate' });
export type BatchEstimate = z.infer<typeof BatchEstimate>;

/** Answer of `POST /v1/batches` with `dryRun`. */
export const BatchSize = z
  .strictObject({
    total: z.int(),
    bytes: z.int().meta({ description: 'Of sources that tell sizes; a manifest and a list do not.' }),
    leftOut: LeftOutView,
    estimate: BatchEstimate.optional().meta({ description: 'Absent where nothing tells how long it may take.' }),
  })
  .meta({ id: 'BatchSize' });
export type BatchSize = z.infer<typeof BatchSize>;

export const ItemStatus = z.enum(['open', 'completed', 'failed', 'canceled']);
export type ItemStatus = z.infer<typeof ItemStatus>;

/** Query of `GET /v1/batches/:id/items`. */
export const ListItems = z.strictObject({
  status: ItemStatus.optional(),
  from: z.coerce.number().int().min(0).default(0).meta({ description: '`next` of the page before.' }),
  limit: z.coerce.number().int().min(1).max(1_000).default(100),
});
export type ListItems = z.infer<typeof ListItems>;

/** Answer of `GET /v1/batches/:id/items`, in the order of the source. */
export const ItemPage = z
  .strictObject({
    items: z.array(
      z.strictObject({
        ordinal: z.int(),
        uri: BlobUri,
        frame: z.int().optional().meta({ description: 'Of a 4D volume, from 1.' }),
        jobId: z.uuid(),
        status: ItemStatus,
      }),
    ),
    next: z.int().optional(),
  })
  .meta({ id: 'BatchItemPage' });
export type ItemPage = z.infer<typeof ItemPage>;

/** Body of `POST /v1/batches/:id/retry-failed`; without one every failed item is run again. */
export const RetryFailed = z
  .strictObject({
    codes: z
      .array(
        z.enum(problemCodes, {
          error: ({ input }) => `expected a problem code such as storage-unavailable, got ${JSON.stringify(input)}`,
        }),
      )
      .min(1)
      .optional()
      .meta({ description: 'Only items that failed with one of these codes; all failed items by default.' }),
  })
  .meta({ id: 'RetryFailed' });
export type RetryFailed = z.infer<typeof RetryFailed>;

/** What `GET /v1/batches/:id` answers. waiting + running + completed + failed + canceled = total, at every moment. */
export const BatchView = z
  .strictObject({
    id: z.uuid(),
    name: z.string().optional(),
    status: BatchStatus,
    createdAt: Timestamp,
    finishedAt: Timestamp.optional(),
    total: z.int(),
    bytes: z.int(),
    counts: z.strictObject({
      waiting: z.int(),
      running: z.int(),
      completed: z.int(),
      failed: z.int(),
      canceled: z.int(),
    }),
    leftOut: LeftOutView,
    skipped: z.int().meta({ description: 'Of the completed: reused from an earlier result.' }),
    oldestWaiting: z
      .strictObject({ ordinal: z.int(), jobId: z.uuid(), since: Timestamp })
      .optional()
      .meta({ description: 'The first item, in the order of the source, that nobody has begun.' }),
    itemsPerMinute: z.number().optional(),
    etaSeconds: z.number().optional(),
    metadata: z.record(z.string(), z.string()),
    reports: z.array(z.strictObject({ name: z.string(), url: z.string() })).optional(),
    derivative: z
      .strictObject({ url: z.string() })
      .optional()
      .meta({ description: 'Of a batch of a BIDS dataset that has ended: its results as a BIDS derivative.' }),
  })
  .meta({ id: 'Batch' });
export type BatchView = z.infer<typeof BatchView>;

/** Query of `GET /v1/batches/:id/derivative`. */
export const ListDerivative = z.strictObject({
  after: z.string().max(1024).optional().meta({ description: '`next` of the page before.' }),
  limit: z.coerce.number().int().min(1).max(1_000).default(1_000),
});
export type ListDerivative = z.infer<typeof ListDerivative>;

/** Answer of `GET /v1/batches/:id/derivative`, by path. */
export const DerivativePage = z
  .strictObject({
    files: z.array(
      z.strictObject({
        path: z.string().meta({ example: 'sub-01/anat/sub-01_space-orig_dseg.nii.gz' }),
        bytes: z.int(),
        url: z.string(),
      }),
    ),
    next: z.string().optional(),
  })
  .meta({ id: 'DerivativePage' });
export type DerivativePage = z.infer<typeof DerivativePage>;

/** Answer of `GET /v1/batches`: newest first. */
export const BatchList = z.strictObject({ batches: z.array(BatchView) }).meta({ id: 'BatchList' });
