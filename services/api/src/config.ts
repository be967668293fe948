import { byteSize, commonEnv, duration, flag, parseEnv, port } from '@parse3d/shared/config';
import { z } from 'zod';

const apiEnv = commonEnv.extend({
  PARSE3D_API_HOST: z.string().default('127.0.0.1').describe('Address that the api listens on.'),
  PARSE3D_API_PORT: port(8080).describe('Port of the api; 0 lets the system choose.'),
  PARSE3D_METRICS_PORT: port(9464).describe(
    'Prometheus metrics are served apart from the API, where clients need not reach them.',
  ),
  PARSE3D_PUBLIC_URL: z.url().optional().describe('Base of the URLs in answers, when a proxy stands in front.'),
  PARSE3D_MAX_UPLOAD_BYTES: byteSize('4GiB').describe('Largest body of POST /v1/volumes.'),
  PARSE3D_REDIRECT_DOWNLOADS: flag('false').describe(
    'Send downloads to the store by presigned URLs instead of through the api, where the store has them.',
  ),
  PARSE3D_CHECK_STORAGE: flag('true').describe(
    'Refuse to start with an S3 store that does not honour `If-None-Match: *`, on which every commit rests.',
  ),
  PARSE3D_RECONCILE_EVERY: duration('2m').describe('Time between two comparisons of storage with Redis.'),
  PARSE3D_API_DRAIN: duration('10s').describe('Time that open requests get to end after SIGTERM.'),
});

/** The api's configuration, from environment variables alone. */
export type ApiConfig = z.infer<typeof apiEnv>;

export const apiEnvSchema = apiEnv;

/** @throws Problem `config-invalid` */
export function readApiConfig(env: NodeJS.ProcessEnv): ApiConfig {
  return parseEnv(apiEnv, env);
}
