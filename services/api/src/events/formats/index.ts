import { Problem } from '@parse3d/contract/problems';
import type { EventFormat, EventMessage, ParsedEvents } from '../message.js';
import { cloudEvents } from './cloudevents.js';
import { eventBridge } from './eventbridge.js';
import { s3Records } from './s3-records.js';

const formats: readonly EventFormat[] = [s3Records, eventBridge, cloudEvents];

/** The objects that a message tells of, whoever sent it. @throws Problem `event-unknown` */
export function parseEvents(message: EventMessage): ParsedEvents {
  for (const format of formats) {
    const parsed = format(message);
    if (parsed !== undefined) return parsed;
  }
  throw new Problem(
    'event-unknown',
    'expected a notification of S3, MinIO or Ceph ("Records"), of SNS, of EventBridge ("source": "aws.s3"), or a ' +
      'CloudEvent of Azure Blob Storage or Google Cloud Storage',
  );
}
