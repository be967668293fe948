import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { isProblem } from '@parse3d/contract/problems';
import {
  openStores,
  probeConditionalWrites,
  probeRoundTrip,
  type BlobStore,
  type StorageConfig,
} from '@parse3d/storage';
import { fail, failed, ok, warn, type Check } from './check.js';
import type { Target } from './target.js';

const PART = 'storage';
/** S3 refuses requests whose time is further off than 15 minutes. */
const REFUSED_SKEW_MS = 15 * 60_000;
const TOLERABLE_SKEW_MS = 5_000;

/** The bucket is there, takes, gives back and drops an object, and lets one of several writers win. */
export async function checkStorage({ storage }: Target): Promise<Check[]> {
  // The file store makes a missing bucket; here it would hide that the folder is not the one that was meant.
  if (storage.kind === 'file' && !existsSync(join(storage.root, storage.bucket))) {
    return [fail(PART, `there is no bucket ${where(storage)}`, mendBucket(storage))];
  }
  const stores = openStores(storage);
  try {
    return await probe(stores.primary, storage);
  } catch (error) {
    const check = failed(PART, error, mendFor(error, storage));
    return [{ ...check, detail: `${where(storage)}: ${check.detail}` }];
  } finally {
    await stores.close();
  }
}

async function probe(store: BlobStore, storage: StorageConfig): Promise<Check[]> {
  const { tookMs, clockSkewMs } = await probeRoundTrip(store);
  const { honoured, detail } = await probeConditionalWrites(store);
  return [
    ok(PART, `${where(storage)} takes, gives back and drops an object (${tookMs} ms)`),
    honoured
      ? ok(PART, `honours conditional writes: ${detail}`)
      : fail(
          PART,
          `does not honour "If-None-Match: *": ${detail}; two attempts of a job could both commit`,
          'use a store that honours it (AWS, Ceph, MinIO of the last years)',
        ),
    checkClock(clockSkewMs),
  ];
}

function checkClock(skewMs: number): Check {
  const off = `${(Math.abs(skewMs) / 1000).toFixed(1)} s ${skewMs > 0 ? 'ahead of' : 'behind'} this machine`;
  const mend = 'let both keep time by NTP (timedatectl set-ntp true)';
  if (Math.abs(skewMs) >= REFUSED_SKEW_MS) return fail('clock', `the store’s clock is ${off}`, mend);
  if (Math.abs(skewMs) > TOLERABLE_SKEW_MS) return warn('clock', `the store’s clock is ${off}`, mend);
  return ok('clock', 'the store’s clock agrees with this machine’s');
}

const where = (storage: StorageConfig): string =>
  storage.kind === 'file' ? join(storage.root, storage.bucket) : `${storage.bucket} at ${storage.endpoint ?? 'AWS'}`;

function mendBucket(storage: StorageConfig): string {
  return storage.kind === 'file'
    ? 'set PARSE3D_STORAGE_ROOT and PARSE3D_BUCKET to where the service keeps its files; the api makes the folder at its first start'
    : `make it (aws s3 mb s3://${storage.bucket}), or let PARSE3D_BUCKET name the one that is meant`;
}

function mendFor(error: unknown, storage: StorageConfig): string {
  if (isProblem(error, 'blob-missing', 'bucket-missing')) return mendBucket(storage);
  if (isProblem(error, 'storage-wrong-region')) return 'set PARSE3D_S3_REGION to the region of the bucket';
  if (isProblem(error, 'storage-credentials')) {
    return 'renew PARSE3D_S3_ACCESS_KEY_ID and its secret (or the role of the machine), and check the clock';
  }
  if (/ENOSPC|EDQUOT/.test(String(error))) return 'the disk is full: remove what is not needed, or give it more room';
  if (isProblem(error, 'storage-denied')) {
    return storage.kind === 'file'
      ? 'let the user of the service own the folder'
      : 'check PARSE3D_S3_ACCESS_KEY_ID and its secret, and that they may list, read, write and delete in the bucket';
  }
  return storage.kind === 'file'
    ? 'look at the disk that the folder lies on'
    : 'check PARSE3D_S3_ENDPOINT and PARSE3D_S3_REGION, and that the store runs';
}
