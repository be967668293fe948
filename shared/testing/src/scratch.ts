import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { track } from './leaks.js';

export interface ScratchFolder {
  readonly path: string;
  /** Removes the folder and all in it; a second call does nothing. */
  remove(): Promise<void>;
}

/** A new empty folder for one test, which removes it. */
export async function scratchFolder(name = 'test'): Promise<ScratchFolder> {
  const path = await mkdtemp(join(tmpdir(), `parse3d-${name}-`));
  const erase = (): Promise<void> => rm(path, { recursive: true, force: true, maxRetries: 3 });
  const untrack = track(`the folder ${path}`, erase);
  return {
    path,
    remove: async () => {
      await erase();
      untrack();
    },
  };
}
