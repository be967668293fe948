import { byteSize, commonEnv, duration, flag, parseEnv, port } from '@parse3d/platform/config';
import { z } from 'zod';

const count = (fallback: number) => z.coerce.number().int().min(0).default(fallback);

const apiEnv = commonEnv.extend({
  PARSE3D_API_HOST: z.string().default('127.0.0.1').describe('Address that the api listens on.'),
  PARSE3D_API_PORT: port(8080).describe('Port of the api; 0 lets the system choose.'),
  PARSE3D_METRICS_PORT: port(9464).describe(
    'Prometheus metrics are served apart from the API, where clients need not reach them.',
  ),
  PARSE3D_PUBLIC_URL: z.url().optional().describe('Base of the URLs in answers, when a proxy stands in front.'),
  PARSE3D_MAX_UPLOAD_BYTES: byteSize('4GiB').describe('Largest body of POST /v1/volumes.'),
  PARSE3D_HEADERS_TIMEOUT: duration('15s').describe(
    'Longest time from a connection, or a request on it, to the end of its headers.',
  ),
  PARSE3D_BODY_TIMEOUT: duration('30s').describe('Longest time for the body of a request that is JSON.'),
  PARSE3D_MIN_UPLOAD_RATE: byteSize('4KiB').describe(
    'Least bytes per second of an upload, over every 10s in which the api waits for them; 0 for none.',
  ),
  PARSE3D_IDLE_TIMEOUT: duration('2m').describe(
    'Longest time in which nothing moves on a connection that does not wait for the api.',
  ),
  PARSE3D_MAX_CONNECTIONS: count(1_000).describe(
    'Most open connections, and at most half of the files that the process may open. Above it the oldest connection ' +
      'without a valid key is closed for each new one.',
  ),
  PARSE3D_MAX_CONNECTIONS_PER_ADDRESS: count(250).describe(
    'Most open connections of one address, or of one /64 of IPv6; 0 for no such limit, as behind a proxy.',
  ),
  PARSE3D_MAX_STREAMS_PER_KEY: count(100).describe('Most event streams that one API key may hold open.'),
  PARSE3D_REDIRECT_DOWNLOADS: flag('false').describe(
    'Send downloads to the store by presigned URLs instead of through the api, where the store has them.',
  ),
  PARSE3D_SESSION_LIFETIME: duration('24h').describe(
    'How long a browser that signed in with a key stays signed in. A session ends earlier with its key.',
  ),
  PARSE3D_CHECK_STORAGE: flag('true').describe(
    'Refuse to start with an S3 store that does not honour `If-None-Match: *`, on which every commit rests.',
  ),
  PARSE3D_RECONCILE_EVERY: duration('2m').describe('Time between two comparisons of storage with Redis.'),
  PARSE3D_SCORE_TIMEOUT: duration('5m').describe('Longest time that POST /score waits for a job.'),
  PARSE3D_EVENTS_TOKEN: z
    .string()
    .min(16)
    .optional()
    .describe('Secret that senders of storage events show at POST /v1/events/storage; without it that is off.'),
  PARSE3D_EVENTS_SQS_URL: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe(
      'SQS queue that storage events are pulled from; region and keys are those of the storage. Without it none is.',
    ),
  PARSE3D_EVENTS_SQS_ENDPOINT: z
    .url()
    .optional()
    .describe('Server that the queue is asked of, where that is not the one in its address.'),
  PARSE3D_RULES_SWEEP_EVERY: duration('15m').describe(
    'Time between two listings of what a rule watches, for events that were lost. Folders of the file store, which ' +
      'raise no events, are listed every 5s at least.',
  ),
  PARSE3D_WEBHOOKS_ALLOW_INSECURE: flag('false').describe(
    'Send webhooks over plain HTTP and to addresses inside the network too: for trials on one machine.',
  ),
  PARSE3D_API_DRAIN: duration('10s').describe('Time that open requests get to end after SIGTERM.'),
});

/** The api's configuration, from environment variables alone. */
export type ApiConfig = z.infer<typeof apiEnv>;

export const apiEnvSchema = apiEnv;

/** @throws Problem `config-invalid` */
export function readApiConfig(env: NodeJS.ProcessEnv): ApiConfig {
  return parseEnv(apiEnv, env);
}
