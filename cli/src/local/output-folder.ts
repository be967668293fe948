import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Problem } from '@parse3d/contract/problems';

const PARTIAL = '.partial-';

/** A folder for results that holds either all of them or none. */
export interface OutputFolder {
  readonly path: string;
  /** Files are made here first. */
  readonly partial: string;
  /** Moves everything into place. */
  publish(): Promise<void>;
  /** Removes what is not finished; harmless afterwards. */
  discard(): Promise<void>;
}

/**
 * Makes the folder ready.
 * @throws Problem `state-conflict` when it holds files and may not overwrite them
 */
export async function openOutputFolder(folder: string, overwrite: boolean): Promise<OutputFolder> {
  const path = resolve(folder);
  await makeFolder(path);
  const names = await readdir(path);
  // A run that was killed leaves its half.
  for (const name of names.filter((entry) => entry.startsWith(PARTIAL)))
    await rm(join(path, name), { recursive: true });
  const taken = names.filter((entry) => !entry.startsWith(PARTIAL));
  if (taken.length > 0 && !overwrite) {
    throw new Problem(
      'state-conflict',
      `the folder ${folder} is not empty (${taken.slice(0, 3).join(', ')}${taken.length > 3 ? ', …' : ''}); name another by --out, or add --overwrite`,
      { folder: path },
    );
  }
  const partial = join(path, `${PARTIAL}${process.pid}`);
  await mkdir(partial);
  return {
    path,
    partial,
    publish: async () => {
      for (const name of await readdir(partial)) {
        // Only with leave to overwrite can there be anything; a folder cannot be renamed onto one that holds files.
        await rm(join(path, name), { recursive: true, force: true });
        await rename(join(partial, name), join(path, name));
      }
      await rm(partial, { recursive: true });
    },
    discard: () => rm(partial, { recursive: true, force: true }),
  };
}

async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true });
  } catch (error) {
    throw new Problem('state-conflict', `the folder ${path} cannot be made: ${String(error)}`, { folder: path });
  }
}
