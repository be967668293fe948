import type { Readable } from 'node:stream';
import type { BlobScheme } from './uri.js';

/** What a store knows about an object without reading it. */
export interface BlobInfo {
  readonly key: string;
  readonly bytes: number;
  /** Opaque; equal ETags mean equal content within one store. Without quotes. */
  readonly etag: string;
  readonly lastModified: Date;
  readonly contentType?: string | undefined;
}

export interface ReadOptions {
  /** First byte, 0-based. @default 0 */
  readonly start?: number | undefined;
  /** Last byte, inclusive, as in HTTP ranges. @default the last byte of the object */
  readonly end?: number | undefined;
  /** Read only this version: another one is `blob-changed`. */
  readonly etag?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface WriteOptions {
  readonly contentType?: string | undefined;
  /** Fail with `blob-exists` when the key is taken (HTTP `If-None-Match: *`): of many writers exactly one wins. */
  readonly ifAbsent?: boolean | undefined;
  /** More bytes than this end the write with `payload-too-large`, and nothing is stored. */
  readonly maxBytes?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface ListOptions {
  readonly prefix?: string | undefined;
  /** Only keys after this one, in the byte order of UTF-8. */
  readonly startAfter?: string | undefined;
  /** @default 1000 */
  readonly limit?: number | undefined;
}

export interface ListPage {
  readonly blobs: readonly BlobInfo[];
  /** Keys that stand in the place of objects and cannot be read: links out of the bucket or to nothing. */
  readonly leftOut?: readonly string[] | undefined;
  /** Give it as `startAfter` for the next page; absent on the last one. */
  readonly next?: string | undefined;
}

export interface PresignOptions {
  readonly expiresInSeconds: number;
  /** Name under which a browser saves the download. */
  readonly downloadAs?: string | undefined;
}

/**
 * One bucket of objects. Every implementation passes the same conformance suite (`shared/testing`), and throws only
 * `Problem`s: `blob-missing`, `blob-exists`, `blob-changed`, `blob-key-invalid`, `blob-range-invalid`,
 * `payload-too-large`, `storage-denied`, `storage-unavailable`. An abort throws the signal's reason when that is a
 * Problem, else `canceled`.
 */
export interface BlobStore {
  /** `s3` or `local`: the scheme of this store's URIs. */
  readonly scheme: BlobScheme;
  readonly bucket: string;

  /** @throws Problem `blob-missing` */
  head(key: string, options?: { signal?: AbortSignal | undefined }): Promise<BlobInfo>;

  /**
   * A stream of the object's bytes, pinned to one version: a transport failure in the middle is resumed by range with
   * `If-Match`, and an object that changed ends the stream with `blob-changed`. Destroying the stream frees the socket.
   */
  read(key: string, options?: ReadOptions): Promise<{ info: BlobInfo; body: Readable }>;

  /**
   * Streams a body of unknown length; the object appears whole or not at all. The body is consumed or destroyed in any
   * case; an error of the body itself is thrown as it is. `lastModified` of the answer may be this machine's clock.
   */
  write(key: string, body: Readable | Uint8Array, options?: WriteOptions): Promise<BlobInfo>;

  /** Keys in the byte order of UTF-8, a page at a time. */
  list(options?: ListOptions): Promise<ListPage>;

  /** Deleting what is not there is not an error. */
  delete(key: string): Promise<void>;

  /** A URL that reads the object without credentials, or undefined where the store has none. */
  presignRead(key: string, options: PresignOptions): Promise<string | undefined>;

  /**
   * Room on the disk that the objects lie on, in bytes, as a writer that is not root finds it; undefined where that cannot
   * be known.
   */
  room(): Promise<{ readonly freeBytes: number; readonly totalBytes: number } | undefined>;

  /** True when the bucket answers. Never throws. */
  healthy(): Promise<boolean>;

  /** Frees sockets and timers. */
  close(): Promise<void>;
}
