import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, open, rm, statfs } from 'node:fs/promises';
import { availableParallelism, freemem, totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import { formatBytes } from '../terminal/format.js';
import { fail, failed, ok, warn, type Check } from './check.js';
import type { Target } from './target.js';

const GIB = 2 ** 30;
/** A job of a usual volume holds a few copies of it as float32. */
const LITTLE_MEMORY = 4 * GIB;
const LEAST_DISK = GIB;
const LITTLE_DISK = 10 * GIB;
const WRITE_BYTES = 4 * 2 ** 20;

/** Memory for what the slots may use. */
export function checkMemory({ config }: Target): Check[] {
  // A container may have less than its machine.
  const limit = process.constrainedMemory();
  const total = limit > 0 && limit < totalmem() ? limit : totalmem();
  const { PARSE3D_WORKER_SLOTS: slots, PARSE3D_CHILD_MEMORY: perChild } = config;
  const detail = `${formatBytes(total)} in all, ${formatBytes(freemem())} free; ${availableParallelism()} cores`;
  if (total < LITTLE_MEMORY) {
    return [warn('memory', detail, 'large volumes need more: give it 4 GiB or more, or lower PARSE3D_MAX_VOXELS')];
  }
  if (slots * perChild > total) {
    const mend = `set PARSE3D_CHILD_MEMORY to ${Math.floor(total / slots / GIB)}GiB or less, or use fewer slots`;
    const asked = `${slots} slots may use ${formatBytes(perChild)} each, more than there is: the system would end one`;
    return [warn('memory', `${detail}; ${asked}`, mend)];
  }
  return [ok('memory', detail)];
}

/** Room on the disks, and that they take a file. */
export async function checkDisks({ folders }: Target): Promise<Check[]> {
  return Promise.all(Object.entries(folders).map(([name, folder]) => checkDisk(name, folder)));
}

async function checkDisk(name: string, folder: string): Promise<Check> {
  const mend = `remove what is not needed from the disk of ${folder}, or give it more room`;
  try {
    const existing = nearestFolder(folder);
    const { bavail, bsize } = await statfs(existing);
    const free = bavail * bsize;
    const detail = `${name} (${folder}): ${formatBytes(free)} free`;
    if (free < LEAST_DISK) return fail('disk', detail, mend);
    await writeSome(existing);
    return free < LITTLE_DISK ? warn('disk', detail, mend) : ok('disk', detail);
  } catch (error) {
    return failed('disk', new Error(`${name} (${folder}) takes no file: ${String(error)}`), mend);
  }
}

/** Quotas and read-only mounts show only when something is written. */
async function writeSome(folder: string): Promise<void> {
  const path = join(folder, `.parse3d-doctor-${randomBytes(6).toString('hex')}`);
  await mkdir(folder, { recursive: true });
  const file = await open(path, 'wx');
  try {
    await file.writeFile(Buffer.alloc(WRITE_BYTES));
    await file.sync();
  } finally {
    await file.close();
    await rm(path, { force: true });
  }
}

/** The folder, or the nearest one above it that exists. */
function nearestFolder(folder: string): string {
  let at = folder;
  while (!existsSync(at) && dirname(at) !== at) at = dirname(at);
  return at;
}
