import { Problem } from '@parse3d/contract/problems';
import { z } from 'zod';
import type { EventFormat } from '../message.js';

/** The notification of S3, which MinIO, Ceph and others have taken over. */
const S3Records = z.object({
  Records: z.array(
    z.object({
      eventSource: z.string(),
      eventName: z.string(),
      s3: z.object({
        bucket: z.object({ name: z.string() }),
        object: z.object({ key: z.string() }),
      }),
    }),
  ),
});

/** What S3 sends when a notification is set up. */
const S3Test = z.object({ Event: z.literal('s3:TestEvent'), Bucket: z.string() });

/** The form of keys is the one thing in which the sources differ. */
const keyDecoders: ReadonlyMap<string, (key: string) => string> = new Map([
  ['aws:s3', decodeForm],
  // MinIO escapes as for a query: a blank becomes a plus, and a slash is escaped too.
  ['minio:s3', decodeForm],
  ['ceph:s3', (key) => key],
]);

/** Notifications of S3, MinIO and Ceph: `{"Records": […]}`. */
export const s3Records: EventFormat = ({ body }) => {
  if (S3Test.safeParse(body).success) return { format: 's3', notices: [] };
  const parsed = S3Records.safeParse(body);
  if (!parsed.success) return undefined;
  const notices = parsed.data.Records.map(({ eventSource, eventName, s3 }) => {
    const decode = keyDecoders.get(eventSource);
    if (decode === undefined) {
      const known = [...keyDecoders.keys()].join(', ');
      const got = eventSource.slice(0, 200);
      throw new Problem('event-unknown', `expected an eventSource of ${known}, got ${JSON.stringify(got)}`, {
        eventSource: got,
      });
    }
    return {
      bucket: s3.bucket.name,
      key: decode(s3.object.key),
      kind: /^(s3:)?ObjectCreated:/.test(eventName) ? ('created' as const) : ('other' as const),
    };
  });
  const source = parsed.data.Records[0]?.eventSource;
  return { format: source === 'minio:s3' ? 'minio' : source === 'ceph:s3' ? 'ceph' : 's3', notices };
};

/** `application/x-www-form-urlencoded`: a plus is a blank. A key that is not so encoded is taken as it stands. */
function decodeForm(key: string): string {
  try {
    return decodeURIComponent(key.replaceAll('+', ' '));
  } catch {
    return key;
  }
}
