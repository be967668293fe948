export type {
  BlobInfo,
  BlobStore,
  ListOptions,
  ListPage,
  PresignOptions,
  ReadOptions,
  WriteOptions,
} from './blob-store.js';
export { contentDisposition, contentTypeOf } from './content-type.js';
export { FileBlobStore, type FileBlobStoreOptions } from './file.js';
export { S3BlobStore } from './s3-store.js';
export { S3Account, type S3Settings } from './s3.js';
export type { S3Timeouts } from './s3-http.js';
export {
  probeConditionalWrites,
  probeRoundTrip,
  PROBE_PREFIX,
  requireConditionalWrites,
  type ConditionalWrites,
  type RoundTrip,
} from './probe.js';
export { createBucketIfMissing, openStores, type StorageConfig, type Stores } from './stores.js';
export {
  copyToFile,
  readAll,
  parseRecord,
  readJson,
  readListed,
  readRecord,
  sha256Of,
  writeFileTo,
  writeJson,
  type OnUnreadable,
} from './transfer.js';
export {
  checkBucket,
  checkKey,
  checkPrefix,
  formatBlobUri,
  isBucketName,
  isKey,
  nameOfListed,
  parseBlobUri,
  type BlobAddress,
  type BlobScheme,
} from './uri.js';
export { listAll } from './list-all.js';
export { isFolderUri, listBlobFolder, openFolder, type BlobFolder } from './folder.js';
