import { createHash } from 'node:crypto';
import { open, realpath } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { join, sep } from 'node:path';
import type { Pack } from '@parse3d/contract';
import { Problem } from '@parse3d/contract/problems';

const CHUNK = 16 * 1024 * 1024;

export type ListedFile = Pack['files'][string];

/**
 * Reads one listed file of a pack once, and hashes what was read. With `keep` the bytes are returned, in a single buffer
 * of the file's size; without it at most 16 MiB are held.
 * @param root real path of the pack's folder
 * @throws Problem `pack-invalid` when the file is missing, no regular file, or a link out of the folder;
 * `pack-checksum` when its size or SHA-256 is not the listed one
 */
export async function readListedFile(
  root: string,
  name: string,
  listed: ListedFile,
  keep: boolean,
): Promise<Buffer | undefined> {
  const handle = await openInside(root, name);
  try {
    const info = await handle.stat();
    if (!info.isFile())
      throw new Problem('pack-invalid', `expected a regular file: ${name}`, { folder: root, file: name });
    // Compared before anything is read, so that a wrong file costs no memory.
    if (info.size !== listed.bytes) throw mismatch(root, name, 'bytes', listed.bytes, info.size);
    const kept = keep ? Buffer.allocUnsafeSlow(info.size) : undefined;
    const sha256 = await hash(handle, info.size, kept);
    if (sha256 !== listed.sha256) throw mismatch(root, name, 'sha256', listed.sha256, sha256);
    return kept;
  } finally {
    await handle.close();
  }
}

async function openInside(root: string, name: string): Promise<FileHandle> {
  let path: string;
  try {
    path = await realpath(join(root, name));
  } catch (error) {
    throw new Problem('pack-invalid', `expected the listed file ${name} in ${root}: ${String(error)}`, {
      folder: root,
      file: name,
    });
  }
  if (!path.startsWith(root + sep)) {
    throw new Problem('pack-invalid', `expected a file inside ${root}, ${name} is a link to ${path}`, {
      folder: root,
      file: name,
    });
  }
  return open(path, 'r');
}

/** Reads `size` bytes into `kept`, or through one small buffer when nothing is to be kept. */
async function hash(handle: FileHandle, size: number, kept: Buffer | undefined): Promise<string> {
  const digest = createHash('sha256');
  const passing = kept ?? Buffer.allocUnsafe(Math.min(CHUNK, Math.max(size, 1)));
  for (let done = 0; done < size;) {
    const at = kept === undefined ? 0 : done;
    const { bytesRead } = await handle.read(passing, at, Math.min(CHUNK, size - done), done);
    // The file shrank since its size was read; the checksum will tell.
    if (bytesRead === 0) break;
    digest.update(passing.subarray(at, at + bytesRead));
    done += bytesRead;
  }
  return digest.digest('hex');
}

function mismatch(folder: string, file: string, what: 'bytes' | 'sha256', expected: unknown, actual: unknown): Problem {
  const detail = `${file}: pack.json lists ${what} ${String(expected)}, the file has ${String(actual)}; install the pack again`;
  return new Problem('pack-checksum', detail, { folder, file, what, expected, actual });
}
