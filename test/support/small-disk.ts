import { execFileSync } from 'node:child_process';
import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** A disk of its own in memory. */
export interface SmallDisk {
  /** @param size as `mount` takes it, such as `512m` */
  resize(size: string): void;
  /** Fills it to the last byte. Returns what makes room again. */
  fill(): Promise<() => Promise<void>>;
  unmount(): void;
}

/** Mounts a small disk on a folder, or returns undefined where this machine does not let us. */
export function mountSmallDisk(folder: string, size: string): SmallDisk | undefined {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', folder], { stdio: 'ignore' });
  } catch {
    return undefined;
  }
  return {
    resize: (wanted) => void execFileSync('mount', ['-o', `remount,size=${wanted}`, folder]),
    async fill() {
      const path = join(folder, 'ballast');
      await writeUntilFull(path);
      return () => rm(path, { force: true });
    },
    // A process that was just killed may hold it for a moment.
    unmount: () => void execFileSync('umount', ['--lazy', folder]),
  };
}

async function writeUntilFull(path: string): Promise<void> {
  const file = await open(path, 'w');
  try {
    for (let bytes = 1 << 20; bytes >= 1 << 12;) {
      const isFull = await file.write(Buffer.alloc(bytes)).then(
        ({ bytesWritten }) => bytesWritten < bytes,
        () => true,
      );
      if (isFull) bytes /= 2;
    }
  } finally {
    await file.close();
  }
}
