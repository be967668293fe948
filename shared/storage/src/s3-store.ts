import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { isProblem, Problem } from '@parse3d/contract/problems';
import type {
  BlobInfo,
  BlobStore,
  ListOptions,
  ListPage,
  PresignOptions,
  ReadOptions,
  WriteOptions,
} from './blob-store.js';
import {
  abortProblem,
  bodyChunks,
  BodyError,
  destroyOnAbort,
  discard,
  take,
  throwIfAborted,
  type Body,
} from './body.js';
import { contentDisposition, contentTypeOf } from './content-type.js';
import { checkRange, outsideObject } from './range.js';
import { ResumingBody } from './resuming-body.js';
import { isConflict, isUploadGone, missingBucket, s3Problem } from './s3-errors.js';
import { PART_BYTES, type GetRequest, type PutRequest, type S3Account } from './s3.js';
import { spool } from './spool.js';
import { checkBucket, checkKey, checkPrefix } from './uri.js';

/** What S3 takes in one request. */
const MAX_SINGLE_PUT_BYTES = 5 * 1024 ** 3;
const HEALTH_TIMEOUT_MS = 5000;

/** A bucket of an S3 store: AWS, radosgw, MinIO and others. The account is its owner's to close. */
export class S3BlobStore implements BlobStore {
  readonly scheme = 's3';
  readonly bucket: string;
  readonly #account: S3Account;
  /** The bucket was seen: a missing object is just that. */
  #seen = false;

  constructor(account: S3Account, bucket: string) {
    this.#account = account;
    this.bucket = checkBucket(bucket);
  }

  async head(key: string, { signal }: { signal?: AbortSignal | undefined } = {}): Promise<BlobInfo> {
    checkKey(key);
    try {
      return (await this.#telling(key, signal, () => this.#account.head(this.bucket, key, signal))).info;
    } catch (error) {
      if (isProblem(error, 'blob-missing')) await this.#assertBucket(signal);
      throw error;
    }
  }

  async read(key: string, options: ReadOptions = {}): Promise<{ info: BlobInfo; body: Readable }> {
    checkKey(key);
    checkRange(options);
    const { start = 0, end, etag, signal } = options;
    const { info, body: source, length } = await this.#get(key, { start, end, etag }, signal);
    if (info.bytes === 0 && end !== undefined) {
      source.destroy();
      throw outsideObject(start, end, 0);
    }
    const reopen = async (from: number, stop: AbortSignal): Promise<Readable> =>
      (await this.#get(key, { start: from, end: start + length - 1, etag: info.etag }, stop)).body;
    const body = new ResumingBody({ key, source, start, length, reopen });
    destroyOnAbort(body, signal);
    return { info, body };
  }

  /**
   * Small bodies go in one request and large ones in parts. A conditional create is always one request, since stores
   * differ in whether they heed the condition when an upload in parts is completed: a large stream is put on disk
   * first, and more than 5 GiB is `payload-too-large`.
   */
  async write(key: string, body: Body, options: WriteOptions = {}): Promise<BlobInfo> {
    try {
      checkKey(key);
      throwIfAborted(options.signal);
      const chunks = bodyChunks(body, options);
      const first = await take(chunks, PART_BYTES);
      if (first.ended || (options.ifAbsent === true && body instanceof Uint8Array)) {
        return await this.#put(key, first.bytes, first.bytes.length, options);
      }
      return await (options.ifAbsent === true
        ? this.#putSpooled(key, first.andTheRest(), options)
        : this.#putParts(key, first.andTheRest(), options));
    } catch (error) {
      discard(body);
      if (error instanceof BodyError) throw error.original;
      throw this.#problem(error, key, options.signal);
    }
  }

  async list({ prefix = '', startAfter = '', limit = 1000 }: ListOptions = {}): Promise<ListPage> {
    checkPrefix(prefix);
    const wanted = Math.max(1, limit);
    const blobs: BlobInfo[] = [];
    for (;;) {
      const after = blobs.at(-1)?.key ?? startAfter;
      const left = wanted - blobs.length;
      const page = await this.#telling(prefix, undefined, () =>
        this.#account.list(this.bucket, { prefix, after, limit: left }),
      );
      blobs.push(...page.blobs);
      if (!page.more || page.blobs.length === 0) return { blobs };
      if (blobs.length >= wanted) return { blobs, next: blobs.at(-1)?.key };
    }
  }

  async delete(key: string): Promise<void> {
    checkKey(key);
    try {
      await this.#account.delete(this.bucket, key);
    } catch (error) {
      const problem = s3Problem(error, key, this.bucket);
      if (problem.code !== 'blob-missing') throw problem;
    }
  }

  async presignRead(key: string, { expiresInSeconds, downloadAs }: PresignOptions): Promise<string> {
    checkKey(key);
    const disposition = downloadAs === undefined ? undefined : contentDisposition(downloadAs);
    return this.#account.presignGet(this.bucket, key, expiresInSeconds, disposition);
  }

  /** An S3 store says that it is full when it is written to, and not before. */
  room(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  async healthy(): Promise<boolean> {
    try {
      await this.#account.headBucket(this.bucket, AbortSignal.timeout(HEALTH_TIMEOUT_MS));
      return true;
    } catch {
      return false;
    }
  }

  /** Nothing of its own: the sockets are the account's. */
  close(): Promise<void> {
    return Promise.resolve();
  }

  async #get(key: string, request: GetRequest, signal: AbortSignal | undefined) {
    const found = await this.#telling(key, signal, () => this.#account.get(this.bucket, key, request, signal));
    if (found.start === request.start) return found;
    found.body.destroy();
    throw new Problem(
      'storage-unavailable',
      `bytes of ${key} from ${request.start} on were asked for, the store sent others`,
    );
  }

  async #put(key: string, body: Uint8Array | Readable, bytes: number, options: WriteOptions): Promise<BlobInfo> {
    const request = putRequest(key, options);
    try {
      const { etag } = await this.#account.put(this.bucket, key, body, bytes, request, options.signal);
      return written(key, bytes, etag, request);
    } catch (error) {
      if (!request.ifAbsent || !isConflict(error)) throw error;
      return this.#ownWrite(key, request, new Problem('blob-exists', `there is an object ${key} already`, { key }));
    }
  }

  async #putSpooled(key: string, chunks: AsyncIterable<Buffer>, options: WriteOptions): Promise<BlobInfo> {
    await this.#checkAbsent(key, options.signal);
    const maxBytes = Math.min(options.maxBytes ?? Infinity, MAX_SINGLE_PUT_BYTES);
    const spooled = await spool(bodyChunks(Readable.from(chunks, { objectMode: false }), { maxBytes }));
    const body = spooled.read();
    try {
      return await this.#put(key, body, spooled.bytes, options);
    } finally {
      body.destroy();
      await spooled.remove();
    }
  }

  async #putParts(key: string, chunks: AsyncIterable<Buffer>, options: WriteOptions): Promise<BlobInfo> {
    const request = putRequest(key, options);
    const signal = options.signal ?? new AbortController().signal;
    const body = Readable.from(chunks, { objectMode: false });
    const replaced = new Problem('blob-changed', `${key} was written by another at the same moment`, { key });
    try {
      await this.#account.putParts(this.bucket, key, body, request, signal);
    } catch (error) {
      if (!isUploadGone(error)) throw error;
      return this.#ownWrite(key, request, s3Problem(error, key, this.bucket));
    }
    // Some stores do not tell the ETag of an object in parts when they have put it together.
    return this.#ownWrite(key, request, replaced);
  }

  /**
   * What is stored, when it is this write's by its token; anything else is the failure. After a request whose answer
   * was lost, its repetition by the SDK fails on the very object that the first one made.
   */
  async #ownWrite(key: string, request: PutRequest, failure: Problem): Promise<BlobInfo> {
    const found = await this.#telling(key, undefined, () => this.#account.head(this.bucket, key));
    if (found.token !== request.token) throw failure;
    return found.info;
  }

  /** Spares the upload where the answer is known; the conditional request decides between writers of the same moment. */
  async #checkAbsent(key: string, signal: AbortSignal | undefined): Promise<void> {
    try {
      await this.head(key, { signal });
    } catch (error) {
      if (isProblem(error, 'blob-missing')) return;
      throw error;
    }
    throw new Problem('blob-exists', `there is an object ${key} already`, { key });
  }

  /** The answer to a HEAD has no body, so that a missing bucket looks like a missing object. */
  async #assertBucket(signal: AbortSignal | undefined): Promise<void> {
    if (this.#seen) return;
    try {
      await this.#account.headBucket(this.bucket, signal);
      this.#seen = true;
    } catch (error) {
      if (isProblem(s3Problem(error, '', this.bucket), 'blob-missing')) throw missingBucket(this.bucket);
      // Whether the bucket is there is not known; the object's own answer stands.
    }
  }

  async #telling<T>(key: string, signal: AbortSignal | undefined, request: () => Promise<T>): Promise<T> {
    try {
      throwIfAborted(signal);
      return await request();
    } catch (error) {
      throw this.#problem(error, key, signal);
    }
  }

  #problem(error: unknown, key: string, signal: AbortSignal | undefined): Problem {
    return signal?.aborted === true ? abortProblem(signal) : s3Problem(error, key, this.bucket);
  }
}

const putRequest = (key: string, { contentType, ifAbsent }: WriteOptions): PutRequest => ({
  contentType: contentType ?? contentTypeOf(key),
  ifAbsent: ifAbsent === true,
  token: randomUUID(),
});

/** The store's clock is not in its answer; this one's is near enough for an object that was written just now. */
const written = (key: string, bytes: number, etag: string, { contentType }: PutRequest): BlobInfo => ({
  key,
  bytes,
  etag,
  lastModified: new Date(),
  contentType,
});
