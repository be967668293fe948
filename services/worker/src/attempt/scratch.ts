import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** A folder for one attempt, on local disk, named after the process so that leftovers of dead ones can be told. */
export async function makeScratch(root: string): Promise<string> {
  await mkdir(root, { recursive: true, mode: 0o700 });
  return mkdtemp(join(root, `pid${process.pid}-`));
}

export async function dropScratch(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
}

/** Removes what killed workers left behind: volumes of other people's jobs must not stay on a disk. */
export async function sweepScratch(root: string): Promise<number> {
  const names = await readdir(root).catch(() => []);
  let swept = 0;
  for (const name of names) {
    const pid = Number(/^pid(\d+)-/.exec(name)?.[1]);
    if (!Number.isInteger(pid) || (pid !== process.pid && isAlive(pid))) continue;
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
