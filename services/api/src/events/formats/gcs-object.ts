import { Problem } from '@parse3d/contract/problems';
import { z } from 'zod';
import type { StorageNotice } from '../message.js';
import type { CloudEvent } from './cloud-event.js';

const ObjectData = z.object({ bucket: z.string(), name: z.string() });

/** An event of Google Cloud Storage, or undefined for another service's. */
export function gcsObject({ type, data }: CloudEvent): StorageNotice | undefined {
  if (!type.startsWith('google.cloud.storage.object.')) return undefined;
  const object = ObjectData.safeParse(data);
  if (!object.success) throw new Problem('event-unknown', 'expected data with bucket and name of the object');
  const { bucket, name } = object.data;
  return { bucket, key: name, kind: type === 'google.cloud.storage.object.v1.finalized' ? 'created' : 'other' };
}
