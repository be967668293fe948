import { z } from 'zod';
import { Timestamp } from '@parse3d/contract';
import { isSecret, newId, newSecret, sha256 } from './secret.js';

export const scopes = ['jobs:read', 'jobs:write', 'volumes:write', 'packs:read'] as const;
export const Scope = z.enum(scopes);
export type Scope = z.infer<typeof Scope>;

/** What is kept of a key: never the key itself. `keys/<id>.json` in the service's bucket. */
export const ApiKeyRecord = z.strictObject({
  id: z.string().regex(/^[A-Za-z0-9]{12}$/),
  /** SHA-256 of the whole key. The secret holds 256 random bits, so that a slow password hash would add nothing. */
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  name: z.string().min(1).max(100),
  tenant: z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'expected lower-case letters, digits and hyphens'),
  scopes: z.array(Scope).min(1),
  /** URI prefixes of volumes that jobs of this key may read, besides the tenant's own uploads. */
  inputs: z.array(z.string()).default([]),
  createdAt: Timestamp,
  expiresAt: Timestamp.optional(),
});
export type ApiKeyRecord = z.infer<typeof ApiKeyRecord>;

const KEY_FORM = /^p3d_([A-Za-z0-9]{12})_([A-Za-z0-9_-]{43})$/;

/** A new key `p3d_<id>_<secret>` with the id in clear and 256 bits of secret, and the record that verifies it. */
export function mintApiKey(
  grant: Pick<ApiKeyRecord, 'name' | 'tenant' | 'scopes' | 'inputs'> & { expiresAt?: string },
): { key: string; record: ApiKeyRecord } {
  const id = newId();
  const key = `p3d_${id}_${newSecret()}`;
  const record = { ...grant, id, sha256: sha256(key), createdAt: new Date().toISOString() };
  return { key, record: ApiKeyRecord.parse(record) };
}

/** The id inside a key, or undefined when the text has not the form of one. */
export function keyIdOf(key: string): string | undefined {
  return KEY_FORM.exec(key)?.[1];
}

/** Compares in constant time. False for an expired key. */
export function verifies(key: string, record: ApiKeyRecord, now: Date = new Date()): boolean {
  return (
    isSecret(key, record.sha256) && (record.expiresAt === undefined || Date.parse(record.expiresAt) > now.getTime())
  );
}
