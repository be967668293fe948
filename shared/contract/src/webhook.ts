import { z } from 'zod';
import { JobStatus } from './job.js';
import { JobId, Stopped, Timestamp } from './primitives.js';
import { BatchStatus } from './batch.js';

export const webhookEventTypes = ['job.completed', 'job.failed', 'job.canceled', 'batch.finished'] as const;
export const WebhookEventType = z.enum(webhookEventTypes);
export type WebhookEventType = z.infer<typeof WebhookEventType>;

/** What an endpoint is sent: the body of the request, with ids to ask for the rest. */
export const WebhookEvent = z
  .discriminatedUnion('type', [
    z.strictObject({
      type: z.enum(['job.completed', 'job.failed', 'job.canceled']),
      timestamp: Timestamp,
      data: z.strictObject({
        jobId: JobId,
        run: z.int(),
        status: JobStatus,
        problemCode: z.string().optional(),
        metadata: z.record(z.string(), z.string()),
      }),
    }),
    z.strictObject({
      type: z.literal('batch.finished'),
      timestamp: Timestamp,
      data: z.strictObject({
        batchId: z.uuid(),
        status: BatchStatus,
        completed: z.int(),
        failed: z.int(),
        canceled: z.int(),
        metadata: z.record(z.string(), z.string()),
      }),
    }),
  ])
  .meta({ id: 'WebhookEvent' });
export type WebhookEvent = z.infer<typeof WebhookEvent>;

const events = z
  .array(WebhookEventType)
  .min(1)
  .default([...webhookEventTypes]);

/** Body of `POST /v1/webhooks`. */
export const CreateWebhook = z
  .strictObject({
    url: z.url().max(2048).meta({ description: 'HTTPS, at a public address.', example: 'https://example.org/hooks' }),
    events,
    name: z.string().max(200).optional(),
  })
  .meta({ id: 'CreateWebhook' });
export type CreateWebhook = z.infer<typeof CreateWebhook>;

/** `whsec_` and 32 random bytes in Base64. */
const Secret = z.string().regex(/^whsec_[A-Za-z0-9+/]+=*$/);

/** `webhooks/<tenant>/<id>.json`, in the service's bucket alone. */
export const WebhookRecord = z.strictObject({
  id: z.uuid(),
  tenant: z.string(),
  url: z.url(),
  events: z.array(WebhookEventType),
  name: z.string().optional(),
  createdAt: Timestamp,
  /** The key that made it, or last made its secret: without that key nothing is sent. Absent in earlier versions. */
  keyId: z.string().optional(),
  secret: Secret,
  /** Signs too, for a while after a rotation, so that the receiver can change over without a gap. */
  previous: z.strictObject({ secret: Secret, until: Timestamp }).optional(),
  /** The endpoint said that it is gone: nothing is sent any more. */
  disabledAt: Timestamp.optional(),
});
export type WebhookRecord = z.infer<typeof WebhookRecord>;

export const WebhookView = WebhookRecord.omit({ tenant: true, secret: true, previous: true, keyId: true })
  .extend({ stopped: Stopped.optional() })
  .meta({ id: 'Webhook' });
export type WebhookView = z.infer<typeof WebhookView>;

/** Answer to making an endpoint or rotating its secret: the only time that the secret is shown. */
export const WebhookWithSecret = WebhookView.extend({ secret: Secret }).meta({ id: 'WebhookWithSecret' });
export type WebhookWithSecret = z.infer<typeof WebhookWithSecret>;

export const WebhookList = z.strictObject({ webhooks: z.array(WebhookView) }).meta({ id: 'WebhookList' });

/** `webhook-log/<endpoint>/<delivery>.json`: one event for one endpoint, and what came of it. */
export const Delivery = z
  .strictObject({
    id: z.string().meta({ description: 'The `webhook-id` of every attempt.' }),
    event: WebhookEvent,
    status: z.enum(['due', 'delivered', 'failed']),
    /** Given up three days later. */
    dueSince: Timestamp,
    attempts: z.array(
      z.strictObject({
        at: Timestamp,
        durationMs: z.int(),
        status: z.int().optional().meta({ description: 'HTTP status, where there was an answer.' }),
        error: z.string().optional(),
      }),
    ),
  })
  .meta({ id: 'WebhookDelivery' });
export type Delivery = z.infer<typeof Delivery>;

export const DeliveryList = z.strictObject({ deliveries: z.array(Delivery) }).meta({ id: 'WebhookDeliveryList' });
