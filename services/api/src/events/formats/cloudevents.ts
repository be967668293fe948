import { Problem } from '@parse3d/contract/problems';
import { z } from 'zod';
import type { EventFormat, EventMessage, StorageNotice } from '../message.js';
import { azureBlob } from './azure-blob.js';
import { CloudEvent } from './cloud-event.js';
import { gcsObject } from './gcs-object.js';

/** Events of Azure Blob Storage and Google Cloud Storage as CloudEvents: binary, structured, or a list of them. */
export const cloudEvents: EventFormat = (message) => {
  const events = eventsOf(message);
  if (events === undefined) return undefined;
  return { format: 'cloudevents', notices: events.map(noticeOf) };
};

function eventsOf({ headers, body }: EventMessage): CloudEvent[] | undefined {
  if (headers['ce-specversion'] !== undefined) {
    const event = CloudEvent.safeParse({
      specversion: headers['ce-specversion'],
      type: headers['ce-type'],
      source: headers['ce-source'],
      subject: headers['ce-subject'] === undefined ? undefined : decodeHeader(headers['ce-subject']),
      data: body,
    });
    if (!event.success) throw new Problem('event-unknown', `the ce-… headers: ${z.prettifyError(event.error)}`);
    return [event.data];
  }
  const several = z.array(CloudEvent).min(1).safeParse(body);
  if (several.success) return several.data;
  const one = CloudEvent.safeParse(body);
  return one.success ? [one.data] : undefined;
}

function noticeOf(event: CloudEvent): StorageNotice {
  const notice = azureBlob(event) ?? gcsObject(event);
  if (notice !== undefined) return notice;
  const type = event.type.slice(0, 200);
  throw new Problem('event-unknown', `no storage service is known that sends CloudEvents of type ${type}`, { type });
}

/** Characters beyond ASCII are percent-encoded in the headers of binary mode. */
function decodeHeader(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}
