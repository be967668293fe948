/** The stores that a URI can name. */
export type StorageScheme = 's3' | 'local';

/** What `s3://bucket/path` is made of. */
export interface StorageUri {
  readonly scheme: StorageScheme;
  /** As written: whether it is a bucket's name is another question. */
  readonly bucket: string;
  /** Everything after the bucket's slash, as it stands: nothing is percent-decoded. May be empty. */
  readonly path: string;
}

const BUCKET = '[a-z0-9][a-z0-9._-]{1,62}';

/** A bucket's name: 2 to 63 characters, a letter or digit first. */
export const BUCKET_NAME = new RegExp(`^${BUCKET}$`);

/** @param path a regular expression for everything after the bucket's slash */
export const storageUriPattern = (path: string): RegExp => new RegExp(`^(s3|local)://${BUCKET}/${path}$`);

/** True for what is meant as a place in storage, whether or not it can be one. */
export const isStorageUri = (text: string): boolean => /^(s3|local):\/\//.test(text);

/** The one reader of `s3://bucket/path` and `local://bucket/path`; undefined for anything else. */
export function splitStorageUri(uri: string): StorageUri | undefined {
  const [, scheme, bucket, path] = /^(s3|local):\/\/([^/]*)\/(.*)$/su.exec(uri) ?? [];
  if ((scheme !== 's3' && scheme !== 'local') || bucket === undefined || path === undefined) return undefined;
  return { scheme, bucket, path };
}

/** True for what a grant may name: a whole store (`s3://`), a bucket with or without its slash, or the beginning of keys. */
export function isStoragePrefix(text: string): boolean {
  const parts = splitStorageUri(text) ?? splitStorageUri(`${text}/`);
  return (
    isStorageUri(text) && (/^[a-z0-9]+:\/\/$/.test(text) || (parts !== undefined && BUCKET_NAME.test(parts.bucket)))
  );
}
