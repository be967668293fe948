import type { BigIntStats } from 'node:fs';
import { lstat, mkdir, open, readdir, realpath, rmdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { BlobInfo } from './blob-store.js';
import { contentTypeOf } from './content-type.js';
import { hasCode } from './file-errors.js';

/** Files whose status is asked for together. */
const STATS_AT_ONCE = 32;

/**
 * What a file's status tells about the object. The ETag is made of the three things of which at least one changes with
 * the content: size, time of modification in nanoseconds, and inode, since every write makes a new file.
 */
export function blobInfo(key: string, stat: BigIntStats): BlobInfo {
  return {
    key,
    bytes: Number(stat.size),
    etag: [stat.size, stat.mtimeNs, stat.ino].map((value) => value.toString(36)).join('-'),
    lastModified: stat.mtime,
    contentType: contentTypeOf(key),
  };
}

/** A name beneath the bucket: an object, or the key of a link that is not followed. */
export type Found = { readonly blob: BlobInfo } | { readonly leftOut: string };

/**
 * The objects beneath a folder in the byte order of UTF-8, read folder by folder as they are asked for. Links that stay
 * inside the bucket are the objects and folders that they lead to; special files are not objects.
 * @param folder path of the folder that the prefix names up to its last slash, without links
 * @param bucket path of the bucket's folder, without links
 */
export function walk(folder: string, prefix: string, after: string, bucket: string): AsyncGenerator<Found> {
  return walkFrom(folder, prefix, after, bucket, [folder]);
}

/** @param chain the folders on the way here: a link to one of them leads in a circle */
async function* walkFrom(
  folder: string,
  prefix: string,
  after: string,
  bucket: string,
  chain: readonly string[],
): AsyncGenerator<Found> {
  const slash = prefix.lastIndexOf('/') + 1;
  const above = prefix.slice(0, slash);
  const found = await entries({ folder, above, begins: prefix.slice(slash), after, bucket });
  for (let first = 0; first < found.length; first += STATS_AT_ONCE) {
    const some = found.slice(first, first + STATS_AT_ONCE);
    const stats = await Promise.all(some.map(async ({ path }) => path && ifThere(lstat(path, { bigint: true }))));
    for (const [index, { name, path, isFolder }] of some.entries()) {
      const stat = stats[index];
      const key = above + name;
      if (path === undefined) yield { leftOut: key };
      else if (isFolder && chain.includes(path)) continue;
      else if (isFolder) yield* walkFrom(path, key, after, bucket, [...chain, path]);
      else if (typeof stat === 'object' && stat.isFile()) yield { blob: blobInfo(key, stat) };
    }
  }
}

interface Entry {
  /** Of a folder, with a slash at its end. */
  readonly name: string;
  /** Where it lies, behind all links; undefined for a link out of the bucket or to nothing. */
  readonly path: string | undefined;
  readonly isFolder: boolean;
}

interface Wanted {
  readonly folder: string;
  /** The beginning that all keys share, up to its last slash. */
  readonly above: string;
  readonly begins: string;
  readonly after: string;
  readonly bucket: string;
}

/**
 * Files and folders whose names begin so and whose keys come after `after`, in the order of the keys they stand for. Of
 * a folder with a million files every page of a listing asks again: what lies before is dropped before it is sorted.
 */
async function entries({ folder, above, begins, after, bucket }: Wanted): Promise<Entry[]> {
  const found: Entry[] = [];
  for (const entry of (await ifThere(readdir(folder, { withFileTypes: true }))) ?? []) {
    if (!entry.name.startsWith(begins)) continue;
    const here = join(folder, entry.name);
    const { path, isFolder } = entry.isSymbolicLink()
      ? await behindLink(here, bucket)
      : { path: here, isFolder: entry.isDirectory() };
    if (!isFolder && path !== undefined && !entry.isFile() && !entry.isSymbolicLink()) continue;
    const name = isFolder ? `${entry.name}/` : entry.name;
    const key = above + name;
    // A folder's keys all come before `after` when its own name does, unless `after` lies inside it.
    if (compareKeys(key, after) > 0 || (isFolder && after.startsWith(key))) found.push({ name, path, isFolder });
  }
  return found.sort((a, b) => compareKeys(a.name, b.name));
}

async function behindLink(link: string, bucket: string): Promise<Pick<Entry, 'path' | 'isFolder'>> {
  const path = await insideOf(bucket, link);
  const stat = path && (await ifThere(lstat(path)));
  return stat ? { path, isFolder: stat.isDirectory() } : { path: undefined, isFolder: false };
}

/** What a path leads to behind all links, when that lies in the bucket; else undefined. */
export async function insideOf(bucket: string, path: string): Promise<string | undefined> {
  try {
    const real = await realpath(path);
    return real === bucket || real.startsWith(`${bucket}/`) ? real : undefined;
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR', 'ELOOP', 'EACCES')) return undefined;
    throw error;
  }
}

/** Byte order of UTF-8, which for characters beyond U+FFFF differs from the order of JavaScript's strings. */
function compareKeys(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index++) {
    const [one, other] = [a.charCodeAt(index), b.charCodeAt(index)];
    if (one !== other) return byCodePoint(one) - byCodePoint(other);
  }
  return a.length - b.length;
}

/** Halves of surrogate pairs stand for characters that come after all others. */
const byCodePoint = (unit: number): number => (unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit);

/** What the promise brings, or undefined when the file or a folder above it has just gone. */
async function ifThere<T>(found: Promise<T>): Promise<T | undefined> {
  try {
    return await found;
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return undefined;
    throw error;
  }
}

/**
 * Makes the folders from `base` down to `folder`, and their entries durable. One step at a time, since a recursive
 * mkdir would follow a link out of the store.
 */
export async function makeFolders(base: string, folder: string): Promise<void> {
  if (folder.length > base.length) await makeFolders(base, dirname(folder));
  try {
    await mkdir(folder);
    await syncFolder(dirname(folder));
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw error;
    if (!(await lstat(folder)).isDirectory()) {
      throw Object.assign(new Error(`${folder} is not a folder`), { code: 'ENOTDIR' });
    }
  }
}

/** Removes the folder and those above it, up to but without `base`, as long as they are empty. */
export async function removeEmptyFolders(base: string, folder: string): Promise<void> {
  for (let path = folder; path.length > base.length; path = dirname(path)) {
    try {
      await rmdir(path);
    } catch (error) {
      // Someone wrote into it or removed it at the same moment: theirs, then.
      if (hasCode(error, 'ENOTEMPTY', 'EEXIST', 'ENOENT', 'ENOTDIR', 'EBUSY')) return;
      throw error;
    }
  }
}

/** Makes a new name in the folder survive a loss of power. */
export async function syncFolder(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } catch (error) {
    // Some network file systems cannot; they promise no more for files either.
    if (!hasCode(error, 'EINVAL', 'ENOTSUP', 'EPERM', 'EBADF')) throw error;
  } finally {
    await handle.close();
  }
}
