import { z } from 'zod';
import { JobId, Timestamp } from './primitives.js';

/** Answer of `/v1/session`: as whom a browser is signed in. */
export const SessionView = z
  .strictObject({
    keyId: z.string(),
    name: z.string().meta({ description: 'Of the key.' }),
    tenant: z.string(),
    scopes: z.array(z.string()),
    expiresAt: Timestamp.optional().meta({ description: 'Absent where a key was shown in place of a session.' }),
  })
  .meta({ id: 'Session' });
export type SessionView = z.infer<typeof SessionView>;

/** Body of `POST /v1/jobs/:id/links`. */
export const CreateLink = z
  .strictObject({
    days: z.int().min(1).max(90).default(7).meta({ description: 'After which the link opens nothing.' }),
  })
  .meta({ id: 'CreateLink' });

/** A link to one job, without what opens it. */
export const LinkView = z
  .strictObject({
    id: z.string(),
    jobId: JobId,
    createdAt: Timestamp,
    expiresAt: Timestamp,
    expired: z.boolean(),
    keyId: z.string().meta({ description: 'The key that made it, with which it ends.' }),
  })
  .meta({ id: 'Link' });
export type LinkView = z.infer<typeof LinkView>;

export const LinkList = z.strictObject({ links: z.array(LinkView) }).meta({ id: 'LinkList' });

export const NewLink = LinkView.extend({
  token: z.string().meta({ description: 'Shown here alone: a bearer token that reads this job. `p3l_…`' }),
  url: z.string().meta({ description: 'The page that shows the job, with the token behind `#`.' }),
}).meta({ id: 'NewLink' });
export type NewLink = z.infer<typeof NewLink>;
