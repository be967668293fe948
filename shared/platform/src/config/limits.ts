import type { CommonEnv } from './common.js';

/** What tenants may store and for how long, unless their own settings say otherwise. Bytes and ms. */
export const storageLimitsFromEnv = (
  env: CommonEnv,
): { quotaBytes: number; marginBytes: number; uploadsKeptMs: number; retentionMs: number } => ({
  quotaBytes: env.PARSE3D_STORAGE_QUOTA,
  marginBytes: env.PARSE3D_STORAGE_MARGIN,
  uploadsKeptMs: env.PARSE3D_UPLOADS_KEPT,
  retentionMs: env.PARSE3D_RETENTION,
});
