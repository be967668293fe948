import { Problem } from '@parse3d/contract/problems';
import type { StorageNotice } from '../message.js';
import type { CloudEvent } from './cloud-event.js';

/** An event of Azure Blob Storage, or undefined for another service's. The container takes the bucket's place. */
export function azureBlob({ type, subject = '' }: CloudEvent): StorageNotice | undefined {
  if (!type.startsWith('Microsoft.Storage.')) return undefined;
  const [, bucket, key] = /^\/blobServices\/default\/containers\/([^/]+)\/blobs\/(.+)$/s.exec(subject) ?? [];
  if (bucket === undefined || key === undefined) {
    if (type !== 'Microsoft.Storage.BlobCreated') return { bucket: '', key: subject, kind: 'other' };
    throw new Problem('event-unknown', 'expected the subject /blobServices/default/containers/<name>/blobs/<path>', {
      subject,
    });
  }
  return { bucket, key, kind: type === 'Microsoft.Storage.BlobCreated' ? 'created' : 'other' };
}
