import { randomUUID } from 'node:crypto';
import { constants, type BigIntStats } from 'node:fs';
import {
  access,
  link,
  lstat,
  mkdir,
  open,
  readdir,
  realpath,
  rename,
  rm,
  stat,
  statfs,
  unlink,
  writeFile,
  type FileHandle,
} from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { isProblem, Problem } from '@parse3d/contract/problems';
import type { BlobInfo, BlobStore, ListOptions, ListPage, ReadOptions, WriteOptions } from './blob-store.js';
import { BodyError, bodyChunks, destroyOnAbort, discard, throwIfAborted, type Body } from './body.js';
import { fileProblem, hasCode } from './file-errors.js';
import { FileBody } from './file-read.js';
import { blobInfo, insideOf, makeFolders, removeEmptyFolders, syncFolder, walk } from './file-tree.js';
import { resolveRange } from './range.js';
import { checkBucket, checkLocalKey, checkPrefix } from './uri.js';

const TEMPORARY = '.tmp';
const STALE_AFTER_MS = 24 * 3600 * 1000;
// A folder that a concurrent delete removes under a writer is made again; more often than this is not a coincidence.
const PUBLISH_TRIES = 100;

export interface FileBlobStoreOptions {
  /** Folder that holds the buckets; made when it is missing. */
  readonly root: string;
  /** The bucket is the folder `<root>/<bucket>`. */
  readonly bucket: string;
}

/**
 * A bucket in a folder: each key is the file of that name. Objects are written beside the tree and then renamed, or
 * hard-linked when the key must be free, so that they appear whole and one writer wins, across processes too. Links that
 * stay inside the bucket are read as what they lead to (annexed files of DataLad, staged datasets); others are no objects,
 * and a listing tells of them. Nothing is written or deleted through a link.
 */
export class FileBlobStore implements BlobStore {
  readonly scheme = 'local';
  readonly bucket: string;
  readonly #root: string;
  #swept: Promise<void> | undefined;

  constructor({ root, bucket }: FileBlobStoreOptions) {
    this.#root = resolve(root);
    this.bucket = checkBucket(bucket);
  }

  async head(key: string, { signal }: { signal?: AbortSignal | undefined } = {}): Promise<BlobInfo> {
    checkLocalKey(key);
    throwIfAborted(signal);
    try {
      const found = await lstat(await this.#existingPath(key), { bigint: true });
      if (!found.isFile()) throw missing(key);
      return blobInfo(key, found);
    } catch (error) {
      throw readProblem(error, key);
    }
  }

  async read(key: string, options: ReadOptions = {}): Promise<{ info: BlobInfo; body: FileBody }> {
    checkLocalKey(key);
    throwIfAborted(options.signal);
    let handle: FileHandle | undefined;
    try {
      // NONBLOCK, so that a named pipe somebody put there cannot hang the open.
      const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
      handle = await open(await this.#existingPath(key), flags);
      const opened = await handle.stat({ bigint: true });
      if (!opened.isFile()) throw missing(key);
      const info = blobInfo(key, opened);
      if (options.etag !== undefined && options.etag !== info.etag) throw changed(key, options.etag, info.etag);
      const body = new FileBody(key, handle, opened, resolveRange(info.bytes, options));
      destroyOnAbort(body, options.signal);
      return { info, body };
    } catch (error) {
      await handle?.close();
      throw readProblem(error, key);
    }
  }

  async write(key: string, body: Body, options: WriteOptions = {}): Promise<BlobInfo> {
    try {
      checkLocalKey(key);
      throwIfAborted(options.signal);
      const root = await this.#makeRoot();
      const base = join(root, this.bucket);
      // Spares the upload where the answer is known; the link decides between writers of the same moment.
      if (options.ifAbsent === true) await checkAbsent(join(base, key), key);
      const temporary = join(root, TEMPORARY, randomUUID());
      try {
        const written = await writeTemporary(temporary, body, options);
        throwIfAborted(options.signal);
        await publish(temporary, base, key, options.ifAbsent === true);
        return blobInfo(key, written);
      } finally {
        await rm(temporary, { force: true });
      }
    } catch (error) {
      discard(body);
      throw error instanceof BodyError ? error.original : fileProblem(error, key);
    }
  }

  async list({ prefix = '', startAfter = '', limit = 1000 }: ListOptions = {}): Promise<ListPage> {
    checkPrefix(prefix);
    const blobs: BlobInfo[] = [];
    try {
      const folder = await this.#existingPath(prefix.slice(0, prefix.lastIndexOf('/') + 1));
      const leftOut: string[] = [];
      const bucket = join(await realpath(this.#root), this.bucket);
      for await (const found of walk(folder, prefix, startAfter, bucket)) {
        if ('leftOut' in found) {
          leftOut.push(found.leftOut);
          continue;
        }
        if (blobs.length >= Math.max(1, limit)) return pageOf(blobs, leftOut, blobs.at(-1)?.key);
        blobs.push(found.blob);
      }
      return pageOf(blobs, leftOut);
    } catch (error) {
      if (hasCode(error, 'ENOENT', 'ENOTDIR') || isProblem(error, 'blob-missing')) return { blobs: [] };
      throw fileProblem(error, prefix);
    }
  }

  async delete(key: string): Promise<void> {
    checkLocalKey(key);
    try {
      const path = await this.#plainPath(key);
      if (!(await lstat(path)).isFile()) return;
      await unlink(path);
      await removeEmptyFolders(join(await realpath(this.#root), this.bucket), dirname(path));
    } catch (error) {
      const problem = readProblem(error, key);
      if (!isProblem(problem, 'blob-missing')) throw problem;
    }
  }

  /** A folder has no URLs. */
  async presignRead(key: string): Promise<undefined> {
    checkLocalKey(key);
  }

  async room(): Promise<{ freeBytes: number; totalBytes: number } | undefined> {
    try {
      const { bavail, blocks, bsize } = await statfs(this.#root);
      // Some network file systems do not say how large they are.
      return blocks === 0 ? undefined : { freeBytes: bavail * bsize, totalBytes: blocks * bsize };
    } catch {
      return undefined;
    }
  }

  /** True when the bucket's folder is there or can be made, and may be read. */
  async healthy(): Promise<boolean> {
    try {
      const base = join(await this.#makeRoot(), this.bucket);
      await makeFolders(dirname(base), base);
      await access(base, constants.R_OK | constants.X_OK);
      return true;
    } catch {
      return false;
    }
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  /** Where a key or, with a slash at its end, a folder of keys lies behind all links, when that is in the bucket. */
  async #existingPath(key: string): Promise<string> {
    const bucket = join(await realpath(this.#root), this.bucket);
    const path = await insideOf(bucket, join(bucket, key));
    if (path === undefined) throw missing(key);
    return path;
  }

  /** The path of a key, when no link lies on the way to it. */
  async #plainPath(key: string): Promise<string> {
    const path = join(await realpath(this.#root), this.bucket, key);
    if ((await realpath(dirname(path))) !== dirname(path)) throw missing(key);
    return path;
  }

  async #makeRoot(): Promise<string> {
    await mkdir(join(this.#root, TEMPORARY), { recursive: true });
    this.#swept ??= sweep(join(this.#root, TEMPORARY));
    await this.#swept;
    return realpath(this.#root);
  }
}

const pageOf = (blobs: readonly BlobInfo[], leftOut: readonly string[], next?: string): ListPage => ({
  blobs,
  ...(leftOut.length === 0 ? {} : { leftOut }),
  ...(next === undefined ? {} : { next }),
});

/** Writes the whole body to a new file and onto the disk. */
async function writeTemporary(path: string, body: Body, options: WriteOptions): Promise<BigIntStats> {
  const handle = await open(path, 'wx');
  try {
    await writeFile(handle, bodyChunks(body, options));
    // The clock of file times ticks only every few milliseconds; with a random fraction of one, two versions of the
    // same size can hardly share their time, even where an inode number is used again at once.
    const now = (Date.now() + Math.random()) / 1000;
    await handle.utimes(now, now);
    await handle.sync();
    return await handle.stat({ bigint: true });
  } finally {
    await handle.close();
  }
}

/** Gives a finished file its key, in one step. */
async function publish(temporary: string, base: string, key: string, ifAbsent: boolean): Promise<void> {
  const path = join(base, key);
  for (let left = PUBLISH_TRIES; ; left--) {
    try {
      // Folders are mostly there: one look instead of one for each of them.
      if (!(await isPlainFolder(dirname(path)))) await makeFolders(dirname(base), dirname(path));
      if (ifAbsent) await link(temporary, path);
      else await rename(temporary, path);
      return await syncFolder(dirname(path));
    } catch (error) {
      if (hasCode(error, 'EEXIST')) await checkAbsent(path, key);
      if (!hasCode(error, 'ENOENT') || left === 0) throw error;
    }
  }
}

/** True for a folder that is there, and to which no link leads. */
async function isPlainFolder(path: string): Promise<boolean> {
  try {
    return (await realpath(path)) === path && (await lstat(path)).isDirectory();
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return false;
    throw error;
  }
}

async function checkAbsent(path: string, key: string): Promise<void> {
  try {
    const found = await lstat(path);
    if (found.isDirectory()) throw Object.assign(new Error(`${path} is a folder`), { code: 'EISDIR' });
    throw new Problem('blob-exists', `there is an object ${key} already`, { key });
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw error;
  }
}

/** Removes what writers that were killed have left behind. */
async function sweep(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    try {
      if (Date.now() - (await stat(path)).mtimeMs > STALE_AFTER_MS) await rm(path, { force: true });
    } catch (error) {
      if (!hasCode(error, 'ENOENT')) throw error;
    }
  }
}

/** For reading, a key beneath an object is as absent as any other. */
function readProblem(error: unknown, key: string): Error {
  return hasCode(error, 'ENOTDIR', 'EISDIR') ? missing(key) : fileProblem(error, key);
}

const missing = (key: string): Problem => new Problem('blob-missing', `there is no object ${key}`, { key });

const changed = (key: string, expected: string, actual: string): Problem =>
  new Problem('blob-changed', `expected version ${expected} of ${key}, the store has ${actual}`, {
    key,
    expected,
    actual,
  });
