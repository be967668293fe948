import { z } from 'zod';
import type { EventFormat } from '../message.js';

const EventBridge = z.object({
  source: z.literal('aws.s3'),
  'detail-type': z.string(),
  detail: z.object({ bucket: z.object({ name: z.string() }), object: z.object({ key: z.string() }) }),
});

/** S3 through Amazon EventBridge. Keys come as they are. */
export const eventBridge: EventFormat = ({ body }) => {
  const parsed = EventBridge.safeParse(body);
  if (!parsed.success) return undefined;
  const { detail, 'detail-type': type } = parsed.data;
  return {
    format: 'eventbridge',
    notices: [
      { bucket: detail.bucket.name, key: detail.object.key, kind: type === 'Object Created' ? 'created' : 'other' },
    ],
  };
};
