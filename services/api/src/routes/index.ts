import { Sns } from '../events/sns.js';
import { KeySlots } from '../http/key-slots.js';
import type { Operation } from '../http/operation.js';
import { batchFailureRoutes, batchRoutes } from './batches.js';
import { derivativeRoutes } from './derivatives.js';
import { jobEventRoutes } from './job-events.js';
import { healthRoutes } from './health.js';
import { jobRoutes } from './jobs.js';
import { outputRoutes } from './outputs.js';
import { packRoutes } from './packs.js';
import { ruleRoutes } from './rules.js';
import { scoreRoutes } from './score.js';
import { statusRoutes } from './status.js';
import { storageEventRoutes } from './storage-events.js';
import { taskRoutes } from './tasks.js';
import { usageRoutes } from './usage.js';
import { volumeContentRoutes } from './volume-content.js';
import { volumeRoutes } from './volumes.js';
import { webhookRoutes } from './webhooks.js';

/** Every operation of the API, in the order in which the OpenAPI document lists them. */
export const apiOperations = (): readonly Operation[] => [
  ...volumeRoutes,
  ...jobRoutes,
  ...jobEventRoutes(new KeySlots()),
  ...outputRoutes,
  ...batchRoutes,
  ...derivativeRoutes,
  ...ruleRoutes,
  ...storageEventRoutes(new Sns()),
  ...webhookRoutes,
  ...packRoutes,
  ...taskRoutes,
  ...scoreRoutes,
  ...volumeContentRoutes,
  ...batchFailureRoutes,
  ...usageRoutes,
  ...statusRoutes,
  ...healthRoutes,
];
