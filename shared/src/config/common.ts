import { z } from 'zod';
import { byteSize, commaList, flag } from './env.js';

/** Variables that the api and the worker both read. */
export const commonEnv = z.object({
  PARSE3D_REDIS_URL: z
    .string()
    .regex(/^rediss?:\/\//, 'expected redis://… or rediss://…')
    .default('redis://127.0.0.1:6379'),
  /** Namespace of every key in Redis, so that several installations can share one server. */
  PARSE3D_REDIS_PREFIX: z
    .string()
    .regex(/^[a-z0-9-]{1,32}$/, 'expected lower-case letters, digits and hyphens')
    .default('parse3d'),
  PARSE3D_STORAGE: z.enum(['file', 's3']).default('file'),
  /** The service's own bucket: uploads, pending markers, results, API keys. */
  PARSE3D_BUCKET: z.string().default('parse3d'),
  /** Root folder of the file store; every bucket is a folder in it. */
  PARSE3D_STORAGE_ROOT: z.string().default('.parse3d/storage'),
  PARSE3D_S3_ENDPOINT: z.url().optional(),
  PARSE3D_S3_REGION: z.string().default('us-east-1'),
  PARSE3D_S3_ACCESS_KEY_ID: z.string().optional(),
  PARSE3D_S3_SECRET_ACCESS_KEY: z.string().optional(),
  PARSE3D_S3_FORCE_PATH_STYLE: flag('true'),
  /** Folders that hold packs, one sub-folder each. */
  PARSE3D_PACKS: commaList('packs'),
  PARSE3D_DEFAULT_PACK: z.string().default('ct-tissue'),
  /** Largest volume that is accepted, in voxels. */
  PARSE3D_MAX_VOXELS: z.coerce.number().int().positive().default(1024 * 1024 * 1024),
  /** Largest object that is accepted as a volume. */
  PARSE3D_MAX_VOLUME_BYTES: byteSize('8GiB'),
  PARSE3D_LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
});
export type CommonEnv = z.infer<typeof commonEnv>;
