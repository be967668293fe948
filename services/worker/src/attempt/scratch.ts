import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';

/** Containers that share a folder have process ids of their own, but never one host name. */
const HOST = hostname().replaceAll(/[^A-Za-z0-9-]/g, '_');

/** A folder for one attempt, on local disk, named after the process so that leftovers of dead ones can be told. */
export async function makeScratch(root: string): Promise<string> {
  await mkdir(root, { recursive: true, mode: 0o700 });
  return mkdtemp(join(root, `${HOST}.pid${process.pid}-`));
}

export async function dropScratch(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
}

/**
 * Removes what killed workers of this host left behind: volumes of other people's jobs must not stay on a disk. Called
 * before the first attempt, so that a folder of our own process id is a predecessor's.
 */
export async function sweepScratch(root: string): Promise<number> {
  const names = await readdir(root).catch(() => []);
  let swept = 0;
  for (const name of names) {
    const [, host, pidText] = /^([A-Za-z0-9_-]+)\.pid(\d+)-/.exec(name) ?? [];
    const pid = Number(pidText);
    if (host !== HOST || !Number.isInteger(pid) || (pid !== process.pid && isAlive(pid))) continue;
    await dropScratch(join(root, name));
    swept++;
  }
  return swept;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it lives and belongs to somebody else.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
