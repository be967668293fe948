import { resolve } from 'node:path';
import type { StorageConfig } from '@parse3d/storage';
import type { CommonEnv } from './common.js';

/** The storage that the environment describes. Without S3 credentials the SDK's own chain is asked (roles, files). */
export function storageFromEnv(env: CommonEnv): StorageConfig {
  if (env.PARSE3D_STORAGE === 'file') {
    return { kind: 'file', root: resolve(env.PARSE3D_STORAGE_ROOT), bucket: env.PARSE3D_BUCKET };
  }
  return {
    kind: 's3',
    bucket: env.PARSE3D_BUCKET,
    region: env.PARSE3D_S3_REGION,
    endpoint: env.PARSE3D_S3_ENDPOINT,
    accessKeyId: env.PARSE3D_S3_ACCESS_KEY_ID,
    secretAccessKey: env.PARSE3D_S3_SECRET_ACCESS_KEY,
    forcePathStyle: env.PARSE3D_S3_FORCE_PATH_STYLE,
    timeouts: { requestMs: env.PARSE3D_S3_REQUEST_TIMEOUT, idleMs: env.PARSE3D_S3_IDLE_TIMEOUT },
  };
}
