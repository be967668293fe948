export { WebhookStore } from './endpoints.js';
export type { DueDelivery } from './due.js';
export { announceBatch, announceJob, markDue, unmarkDue } from './outbox.js';
export { dropDelivery, enqueueDeliveries, openWebhookQueue, startDeliveries, type WebhookQueue } from './queue.js';
export { DeliveryRelay } from './relay.js';
