import { isStoragePrefix } from '@parse3d/contract/names';
import { Scope, scopes } from '@parse3d/platform/access';
import type { Command } from 'commander';
import { z } from 'zod';
import { collect, wholeNumber } from './values.js';

export const StorageOptions = z.object({ dir: z.string().optional() });
export type StorageOptions = z.infer<typeof StorageOptions>;

export const TenantName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'expected lower-case letters, digits and hyphens');

/** Volumes that jobs may read. */
export const InputPrefix = z.string().refine(isStoragePrefix, 'expected s3://bucket/prefix or local://bucket/prefix');

export const BucketName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, 'expected the name of a bucket, such as masks');

/** What a new key is given, besides its name and tenant. */
export const GrantOptions = StorageOptions.extend({
  scope: z.array(Scope).default([...scopes]),
  input: z.array(InputPrefix).default([]),
  expiresInDays: wholeNumber(1, 36_500).optional(),
});
export type GrantOptions = z.infer<typeof GrantOptions>;

export const withStorage = (command: Command): Command =>
  command.option('--dir <folder>', 'folder of a "parse3d up" (else the storage that PARSE3D_* describes)');

export const withGrant = (command: Command): Command =>
  command
    .option('--scope <scope>', `several times for several: ${scopes.join(', ')} (else all)`, collect)
    .option('--input <prefix>', 'volumes that its jobs may read, besides its tenant’s uploads; several times', collect)
    .option('--expires-in-days <days>', 'after which it is refused (else never)');
