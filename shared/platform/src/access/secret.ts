import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** Twelve letters and digits that name something whose secret stands elsewhere. */
export const newId = (): string => Array.from(randomBytes(12), (byte) => ALPHABET[byte % ALPHABET.length]).join('');

/** 256 random bits, as 43 characters of base64url. */
export const newSecret = (): string => randomBytes(32).toString('base64url');

/** What is kept of a secret. It holds 256 random bits, so that a slow password hash would add nothing. */
export const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** Compares in constant time. @param digest what `sha256` made of the secret */
export const isSecret = (text: string, digest: string): boolean =>
  timingSafeEqual(Buffer.from(sha256(text), 'hex'), Buffer.from(digest, 'hex'));
