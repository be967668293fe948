import { BUCKET_NAME, splitStorageUri, type StorageScheme } from '@parse3d/contract/names';
import { Problem } from '@parse3d/contract/problems';

export type BlobScheme = StorageScheme;

/** Where an object lies. */
export interface BlobAddress {
  readonly scheme: BlobScheme;
  readonly bucket: string;
  readonly key: string;
}

const MAX_KEY_BYTES = 1024;
const MAX_LOCAL_SEGMENT_BYTES = 255;
/** More than a key of 1024 bytes needs: what is longer is refused under its beginning. */
const MAX_NAME_CHARACTERS = 2048;
// Control characters, halves of surrogate pairs (no UTF-8 has them), and the other system's path separator.
const FORBIDDEN = /[\p{Cc}\p{Cs}\\]/u;

/**
 * `s3://bucket/key` or `local://bucket/key` in its parts. The key is everything after the bucket, as it stands: nothing
 * is percent-decoded.
 * @throws Problem `blob-key-invalid`
 */
export function parseBlobUri(uri: string): BlobAddress {
  const parts = splitStorageUri(uri);
  if (parts === undefined) {
    throw invalid(`expected s3://bucket/key or local://bucket/key, got ${quote(uri)}`, { uri: excerpt(uri) });
  }
  return { scheme: parts.scheme, bucket: checkBucket(parts.bucket), key: checkKey(parts.path) };
}

/** Bucket and prefix of a folder. */
interface FolderAddress {
  readonly scheme: BlobScheme;
  readonly bucket: string;
  /** Empty for a whole bucket. */
  readonly prefix: string;
}

/**
 * `s3://bucket/folder/` in its parts.
 * @throws Problem `blob-key-invalid`
 */
export function parseFolderUri(uri: string): FolderAddress {
  const parts = splitStorageUri(uri);
  if (parts === undefined || !/(^|\/)$/.test(parts.path)) {
    throw invalid(`expected s3://bucket/folder/ or local://bucket/folder/, got ${quote(uri)}`, { uri: excerpt(uri) });
  }
  return { scheme: parts.scheme, bucket: checkBucket(parts.bucket), prefix: checkPrefix(parts.path) };
}

/**
 * The URI of an object; `parseBlobUri` is its inverse.
 * @throws Problem `blob-key-invalid`
 */
export function formatBlobUri(address: BlobAddress): string {
  return `${address.scheme}://${checkBucket(address.bucket)}/${checkKey(address.key)}`;
}

/**
 * What a listing or an event calls an object, also one that no request could name: asking a store for it is refused with
 * `blob-key-invalid`, which then is the end of this one object and not of the list that it stands in. For a key that is
 * allowed it is what `formatBlobUri` gives.
 */
export function nameOfListed({ scheme, bucket, key }: BlobAddress): string {
  return `${scheme}://${bucket}/${key}`.slice(0, MAX_NAME_CHARACTERS);
}

/**
 * The bucket name, when it is one: 2 to 63 characters of a-z, 0-9, dot, underscore and hyphen, a letter or digit first.
 * @throws Problem `blob-key-invalid`
 */
export function checkBucket(bucket: string): string {
  if (isBucketName(bucket)) return bucket;
  throw invalid(
    `a bucket name has 2 to 63 characters of a-z, 0-9, '.', '_' and '-', a letter or digit first; got ${quote(bucket)}`,
    { bucket: excerpt(bucket) },
  );
}

export const isBucketName = (name: string): boolean => BUCKET_NAME.test(name);

/**
 * The key, when every store can hold it: segments between single slashes, none of them empty, `.` or `..`; no control
 * character, no backslash; at most 1024 bytes of UTF-8.
 * @throws Problem `blob-key-invalid`
 */
export function checkKey(key: string): string {
  if (key === '') throw invalid('an object key must not be empty', { key });
  checkText(key);
  for (const segment of key.split('/')) checkSegment(segment, key);
  return key;
}

/** True for what `checkKey` lets pass: a bucket that others fill may hold keys that no URI of ours can name. */
export function isKey(key: string): boolean {
  try {
    checkKey(key);
    return true;
  } catch {
    return false;
  }
}

/**
 * The key, when the local store can hold it: as `checkKey`, and no segment longer than a file name may be (255 bytes).
 * @throws Problem `blob-key-invalid`
 */
export function checkLocalKey(key: string): string {
  for (const segment of checkKey(key).split('/')) {
    const bytes = Buffer.byteLength(segment);
    if (bytes > MAX_LOCAL_SEGMENT_BYTES) {
      throw invalid(`a part of a key between slashes has at most ${MAX_LOCAL_SEGMENT_BYTES} bytes, got ${bytes}`, {
        key: excerpt(key),
      });
    }
  }
  return key;
}

/**
 * The beginning of keys to list, when a key could begin so; it may be empty and may end anywhere.
 * @throws Problem `blob-key-invalid`
 */
export function checkPrefix(prefix: string): string {
  checkText(prefix);
  for (const segment of prefix.split('/').slice(0, -1)) checkSegment(segment, prefix);
  return prefix;
}

function checkText(key: string): void {
  const bytes = Buffer.byteLength(key);
  if (bytes > MAX_KEY_BYTES) {
    throw invalid(`an object key has at most ${MAX_KEY_BYTES} bytes, got ${bytes}`, { key: excerpt(key) });
  }
  if (FORBIDDEN.test(key)) {
    throw invalid(`an object key has no control characters, lone surrogates or backslashes; got ${quote(key)}`, {
      key: excerpt(key),
    });
  }
}

function checkSegment(segment: string, key: string): void {
  if (segment === '' || segment === '.' || segment === '..') {
    throw invalid(
      `an object key must not begin or end with '/', nor hold '//', '.' or '..' as a part; got ${quote(key)}`,
      { key: excerpt(key) },
    );
  }
}

function invalid(detail: string, fields: Record<string, unknown>): Problem {
  return new Problem('blob-key-invalid', detail, fields);
}

const excerpt = (text: string): string => (text.length > 200 ? `${text.slice(0, 200)}…` : text);
const quote = (text: string): string => JSON.stringify(excerpt(text));
