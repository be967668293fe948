import { Readable } from 'node:stream';
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
  type S3ClientConfig,
} from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import type { NodeHttpHandler } from '@smithy/node-http-handler';
import type { BlobInfo } from './blob-store.js';
import { orAbort } from './body.js';
import { abortable, createHttpHandler, type S3Timeouts } from './s3-http.js';

/** Size of the parts of a multipart upload: with S3's 10,000 parts at most, 78 GiB an object. */
export const PART_BYTES = 8 * 1024 * 1024;
/** Parts of one upload under way at a time, each of them in memory. */
const PARTS_AT_ONCE = 3;
/** Waiting for a single large body scales with its size: the slowest upload worth waiting for, in bytes per ms. */
const SLOWEST_UPLOAD = 256;
const CLOSE_TIMEOUT_MS = 5000;
/** Metadata that tells whose write an object is. */
const WRITE_TOKEN = 'parse3d-write';

export interface S3Settings {
  /** URL of a store other than AWS. */
  readonly endpoint?: string | undefined;
  /** @default us-east-1, which other stores accept */
  readonly region?: string | undefined;
  /** Without keys the SDK looks in the environment, the shared files and the machine's role. */
  readonly accessKeyId?: string | undefined;
  readonly secretAccessKey?: string | undefined;
  /** Bucket in the path instead of the host name. @default true where an endpoint is given */
  readonly forcePathStyle?: boolean | undefined;
  readonly timeouts?: S3Timeouts | undefined;
}

export interface GetRequest {
  readonly start: number;
  /** Last byte, inclusive. */
  readonly end?: number | undefined;
  readonly etag?: string | undefined;
}

export interface PutRequest {
  readonly contentType: string;
  /** Fails with status 412 or 409 when the key is taken. */
  readonly ifAbsent: boolean;
  /** Kept with the object and told by `head`: recognises a write whose answer was lost. */
  readonly token: string;
}

/**
 * One S3 account: the requests that parse3d makes, over connections and credentials that all buckets share. Its errors
 * are the SDK's; `S3BlobStore` makes Problems of them.
 */
export class S3Account {
  readonly #config: S3ClientConfig;
  readonly #handler: NodeHttpHandler;
  readonly #client: S3Client;
  readonly #unfinished = new Set<Promise<unknown>>();

  constructor(settings: S3Settings) {
    const { endpoint, region = 'us-east-1', accessKeyId, secretAccessKey, forcePathStyle, timeouts = {} } = settings;
    this.#handler = createHttpHandler(timeouts);
    this.#config = {
      region,
      forcePathStyle: forcePathStyle ?? endpoint !== undefined,
      ...(endpoint === undefined ? {} : { endpoint }),
      ...(accessKeyId === undefined || secretAccessKey === undefined
        ? {}
        : { credentials: { accessKeyId, secretAccessKey } }),
      // Stores other than AWS answer the newer checksums with errors, or send none back.
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
      // A store that would refuse the body does so in the answer; waiting for its consent costs a round trip.
      expectContinueHeader: false,
      maxAttempts: 3,
      // What goes wrong is thrown; the SDK would also write it to the console.
      logger: SILENT,
    };
    this.#client = new S3Client({ ...this.#config, requestHandler: this.#handler });
  }

  async head(
    bucket: string,
    key: string,
    signal?: AbortSignal,
  ): Promise<{ info: BlobInfo; token?: string | undefined }> {
    const found = await this.#client.send(new HeadObjectCommand({ Bucket: bucket, Key: key }), sendOptions(signal));
    return { info: infoOf(key, found.ContentLength, found), token: found.Metadata?.[WRITE_TOKEN] };
  }

  /** The object or a range of it. `start` and `length` say what the body holds, which is what the store sent. */
  async get(
    bucket: string,
    key: string,
    { start, end, etag }: GetRequest,
    signal?: AbortSignal,
  ): Promise<{ info: BlobInfo; body: Readable; start: number; length: number }> {
    const ranged = start > 0 || end !== undefined;
    const command = new GetObjectCommand({
      Bucket: bucket,
      Key: key,
      ...(ranged ? { Range: `bytes=${start}-${end ?? ''}` } : {}),
      ...(etag === undefined ? {} : { IfMatch: `"${etag}"` }),
    });
    const found = await this.#client.send(command, sendOptions(signal));
    const body = found.Body instanceof Readable ? found.Body : Readable.from([]);
    // Until its reader takes over, nobody else would hear of a reset.
    body.on('error', () => undefined);
    const length = found.ContentLength ?? 0;
    const [, from, total] = /^bytes (\d+)-\d+\/(\d+)$/.exec(found.ContentRange ?? '') ?? [];
    const info = infoOf(key, total === undefined ? length : Number(total), found);
    return { info, body, start: Number(from ?? 0), length };
  }

  /** One request: the object is there when it succeeds, and where `ifAbsent` is asked for, nobody else's was. */
  async put(
    bucket: string,
    key: string,
    body: Uint8Array | Readable,
    bytes: number,
    request: PutRequest,
    signal?: AbortSignal,
  ): Promise<{ etag: string }> {
    const command = new PutObjectCommand({
      ...params(bucket, key, request),
      Body: body,
      ContentLength: bytes,
      ...(request.ifAbsent ? { IfNoneMatch: '*' } : {}),
    });
    const slow = bytes > PART_BYTES ? { requestTimeout: Math.ceil(bytes / SLOWEST_UPLOAD) } : {};
    const { ETag } = await this.#client.send(command, { ...sendOptions(signal), ...slow });
    return { etag: unquoted(ETag) };
  }

  /**
   * Uploads a body of unknown length in parts. When the signal aborts, the promise fails at once; requests under way
   * are cut and the parts deleted in the background, and `close` waits for that.
   */
  async putParts(bucket: string, key: string, body: Readable, request: PutRequest, signal: AbortSignal): Promise<void> {
    const upload = new Upload({
      client: new S3Client({ ...this.#config, requestHandler: abortable(this.#handler, signal) }),
      params: { ...params(bucket, key, request), Body: body },
      partSize: PART_BYTES,
      queueSize: PARTS_AT_ONCE,
    });
    const done = upload.done();
    const settled: Promise<unknown> = done.catch(() => undefined).finally(() => this.#unfinished.delete(settled));
    this.#unfinished.add(settled);
    await orAbort(done, signal);
  }

  /** At most 1000 objects after a key, in the order of UTF-8. */
  async list(
    bucket: string,
    { prefix, after, limit }: { prefix: string; after: string; limit: number },
  ): Promise<{ blobs: BlobInfo[]; more: boolean }> {
    const page = await this.#client.send(
      new ListObjectsV2Command({
        Bucket: bucket,
        Prefix: prefix,
        ...(after === '' ? {} : { StartAfter: after }),
        MaxKeys: Math.min(1000, limit),
      }),
    );
    const blobs = (page.Contents ?? []).map((found) => infoOf(found.Key ?? '', found.Size, found));
    return { blobs, more: page.IsTruncated === true };
  }

  async delete(bucket: string, key: string): Promise<void> {
    await this.#client.send(new DeleteObjectCommand({ Bucket: bucket, Key: key }));
  }

  /** A URL that reads the object, for anybody who has it; computed, not asked of the store. */
  async presignGet(bucket: string, key: string, expiresInSeconds: number, disposition?: string): Promise<string> {
    const command = new GetObjectCommand({
      Bucket: bucket,
      Key: key,
      ...(disposition === undefined ? {} : { ResponseContentDisposition: disposition }),
    });
    return getSignedUrl(this.#client, command, { expiresIn: expiresInSeconds });
  }

  async headBucket(bucket: string, signal?: AbortSignal): Promise<void> {
    await this.#client.send(new HeadBucketCommand({ Bucket: bucket }), sendOptions(signal));
  }

  async createBucket(bucket: string): Promise<void> {
    await this.#client.send(new CreateBucketCommand({ Bucket: bucket }));
  }

  /** Waits a moment for uploads that are being taken back, then closes every socket. */
  async close(): Promise<void> {
    const takenBack = Promise.all(this.#unfinished);
    await orAbort(takenBack, AbortSignal.timeout(CLOSE_TIMEOUT_MS)).catch(() => undefined);
    this.#client.destroy();
  }
}

const ignore = (): void => undefined;
const SILENT = { trace: ignore, debug: ignore, info: ignore, warn: ignore, error: ignore };

const sendOptions = (signal?: AbortSignal): { abortSignal?: AbortSignal } =>
  signal === undefined ? {} : { abortSignal: signal };

const params = (bucket: string, key: string, { contentType, token }: PutRequest) => ({
  Bucket: bucket,
  Key: key,
  ContentType: contentType,
  Metadata: { [WRITE_TOKEN]: token },
});

function infoOf(
  key: string,
  bytes: number | undefined,
  found: { ETag?: string | undefined; LastModified?: Date | undefined; ContentType?: string | undefined },
): BlobInfo {
  return {
    key,
    bytes: bytes ?? 0,
    etag: unquoted(found.ETag),
    lastModified: found.LastModified ?? new Date(0),
    contentType: found.ContentType,
  };
}

const unquoted = (etag = ''): string => etag.replace(/^"|"$/g, '');
