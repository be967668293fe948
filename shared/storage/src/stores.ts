import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Problem } from '@parse3d/contract/problems';
import type { BlobStore } from './blob-store.js';
import { fileProblem } from './file-errors.js';
import { FileBlobStore } from './file.js';
import { s3Problem } from './s3-errors.js';
import { S3BlobStore } from './s3-store.js';
import { S3Account, type S3Settings } from './s3.js';
import { checkBucket, isBucketName, parseBlobUri, type BlobScheme } from './uri.js';

export type StorageConfig =
  | {
      readonly kind: 'file';
      /** Folder that holds the buckets. */
      readonly root: string;
      /** The service's own bucket. */
      readonly bucket: string;
    }
  | (S3Settings & {
      readonly kind: 's3';
      /** The service's own bucket. */
      readonly bucket: string;
    });

/** Every bucket of the configured storage. */
export interface Stores {
  /** The service's own bucket: pending markers, results, uploads. */
  readonly primary: BlobStore;
  /**
   * @throws Problem `input-not-allowed` for a scheme that is not configured, `blob-key-invalid` for a bad bucket name
   */
  bucket(scheme: BlobScheme, bucket: string): BlobStore;
  /** The store and key that a URI names. @throws Problem as `bucket` and `parseBlobUri` */
  open(uri: string): { store: BlobStore; key: string };
  /** Names of the buckets that are there, or none where asking would need rights that a service should not have. */
  buckets(): Promise<string[]>;
  /** Frees sockets and timers of all buckets. */
  close(): Promise<void>;
}

/** One kind of storage, before a bucket is chosen. */
interface Backend {
  readonly scheme: BlobScheme;
  open(bucket: string): BlobStore;
  createBucket(bucket: string): Promise<void>;
  buckets(): Promise<string[]>;
  close(): Promise<void>;
}

/** Opens the storage; nothing is asked of it yet. Every bucket is opened once. */
export function openStores(config: StorageConfig): Stores {
  const backend = openBackend(config);
  const opened = new Map<string, BlobStore>();
  const bucket = (scheme: BlobScheme, name: string): BlobStore => {
    if (scheme !== backend.scheme) {
      throw new Problem('input-not-allowed', `this server keeps objects under ${backend.scheme}://, not ${scheme}://`, {
        scheme,
        expected: backend.scheme,
      });
    }
    const store = opened.get(name) ?? backend.open(name);
    opened.set(name, store);
    return store;
  };
  return {
    primary: bucket(backend.scheme, config.bucket),
    bucket,
    open: (uri) => {
      const address = parseBlobUri(uri);
      return { store: bucket(address.scheme, address.bucket), key: address.key };
    },
    buckets: () => backend.buckets(),
    close: () => backend.close(),
  };
}

/**
 * Makes a bucket of the configured storage unless it is there.
 * @param bucket the service's own when it is left out
 * @throws Problem `storage-denied`, `storage-unavailable`
 */
export async function createBucketIfMissing(config: StorageConfig, bucket = config.bucket): Promise<void> {
  const backend = openBackend(config);
  try {
    await backend.createBucket(checkBucket(bucket));
  } finally {
    await backend.close();
  }
}

function openBackend(config: StorageConfig): Backend {
  if (config.kind === 'file') {
    const { root } = config;
    return {
      scheme: 'local',
      open: (bucket) => new FileBlobStore({ root, bucket }),
      createBucket: async (bucket) => {
        await mkdir(join(root, bucket), { recursive: true }).catch((error: unknown) => {
          throw fileProblem(error, bucket);
        });
      },
      buckets: async () => {
        const entries = await readdir(root, { withFileTypes: true });
        return entries.filter((entry) => entry.isDirectory() && isBucketName(entry.name)).map(({ name }) => name);
      },
      close: () => Promise.resolve(),
    };
  }
  const account = new S3Account(config);
  return {
    scheme: 's3',
    open: (bucket) => new S3BlobStore(account, bucket),
    createBucket: (bucket) => createS3Bucket(account, bucket),
    buckets: () => Promise.resolve([]),
    close: () => account.close(),
  };
}

async function createS3Bucket(account: S3Account, bucket: string): Promise<void> {
  if (await bucketExists(account, bucket)) return;
  try {
    await account.createBucket(bucket);
  } catch (error) {
    // Another process may have made it at the same moment.
    if (!(await bucketExists(account, bucket))) throw s3Problem(error, '', bucket);
  }
}

async function bucketExists(account: S3Account, bucket: string): Promise<boolean> {
  try {
    await account.headBucket(bucket);
    return true;
  } catch (error) {
    const problem = s3Problem(error, '', bucket);
    if (problem.code === 'blob-missing' || problem.code === 'bucket-missing') return false;
    throw problem;
  }
}
