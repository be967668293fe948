import { z } from 'zod';
import { BlobUri, Timestamp } from './primitives.js';

const ordinal = z.int().min(0).meta({ description: 'Place of the volume in the batch, from 0.' });

/** Body of `POST /v1/batches/:id/marks`. */
export const MarkItem = z
  .strictObject({
    ordinal,
    mark: z
      .enum(['good', 'bad'])
      .nullable()
      .meta({ description: 'What somebody thinks of the result; null takes it back.' }),
    note: z
      .string()
      .trim()
      .max(500)
      .refine((text) => !/\p{Cc}/u.test(text), 'expected one line of text')
      .optional()
      .meta({ description: 'Why. No patient identifiers.' }),
  })
  .meta({ id: 'MarkItem' });
export type MarkItem = z.infer<typeof MarkItem>;

/** What somebody thinks of one result of a batch. */
export const ItemMark = z
  .strictObject({
    ordinal,
    uri: BlobUri,
    mark: z.enum(['good', 'bad']),
    note: z.string().optional(),
    markedAt: Timestamp,
    keyId: z.string().meta({ description: 'The key with which it was marked.' }),
  })
  .meta({ id: 'ItemMark' });
export type ItemMark = z.infer<typeof ItemMark>;

/** Query of `GET /v1/batches/:id/marks`. */
export const ListMarks = z.strictObject({
  after: z.coerce.number().int().min(0).optional().meta({ description: '`next` of the page before.' }),
  limit: z.coerce.number().int().min(1).max(500).default(200),
});

export const MarkPage = z
  .strictObject({
    marks: z.array(ItemMark).meta({ description: 'In the order of the batch.' }),
    next: z.int().optional().meta({ description: 'Give it as `after` for the next page; absent on the last.' }),
  })
  .meta({ id: 'MarkPage' });
export type MarkPage = z.infer<typeof MarkPage>;
