import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { Problem } from '@parse3d/contract/problems';
import { z } from 'zod';

const PARTIAL = '.partial-';

/** Documents of a result that name its files: of `segment`, and of a job. */
const DOCUMENTS = ['result.json', 'manifest.json'];
const Named = z.object({ outputs: z.array(z.object({ name: z.string() })) });

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
      await removeEarlier(path);
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

/** Files of an earlier result would be read as part of this one: `mask-3` of a prompt that was not asked for again. */
async function removeEarlier(path: string): Promise<void> {
  for (const document of DOCUMENTS) {
    const text = await readFile(join(path, document), 'utf8').catch(() => undefined);
    if (text === undefined) continue;
    const found = Named.safeParse(parseJson(text));
    // A document that we did not write names nothing of ours. A name with a path in it would lead elsewhere.
    const names = found.success ? found.data.outputs.map(({ name }) => name) : [];
    for (const name of names.filter((each) => each === basename(each) && !['', '.', '..'].includes(each)))
      await rm(join(path, name), { force: true });
    if (found.success) await rm(join(path, document), { force: true });
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true });
  } catch (error) {
    throw new Problem('state-conflict', `the folder ${path} cannot be made: ${String(error)}`, { folder: path });
  }
}
