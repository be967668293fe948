import { readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { Problem } from '@parse3d/contract/problems';

/** Two files that should show the same. */
export interface Pair {
  readonly name: string;
  readonly reference: string;
  readonly found: string;
}

const VOLUME = /\.(nii\.gz|nii|npz)$/;

/**
 * Two files, or the files of two folders that have the same name but for the ending, in the order of their names.
 * @throws Problem `not-found` naming everything that has no partner in the second folder
 */
export async function findPairs(reference: string, found: string): Promise<Pair[]> {
  const [ofReference, ofFound] = await Promise.all([kindOf(reference), kindOf(found)]);
  if (ofReference === 'file' && ofFound === 'file') {
    return [{ name: basename(reference).replace(VOLUME, ''), reference, found }];
  }
  if (ofReference !== ofFound) {
    throw new Problem(
      'request-invalid',
      `expected two files or two folders: ${reference} is a ${ofReference}, ${found} a ${ofFound}`,
    );
  }
  const [references, founds] = await Promise.all([volumesIn(reference), volumesIn(found)]);
  if (references.size === 0) throw new Problem('not-found', `there is no .nii, .nii.gz or .npz file in ${reference}`);
  const missing = [...references.keys()].filter((name) => !founds.has(name));
  if (missing.length > 0) {
    throw new Problem(
      'not-found',
      `${found} has no file for ${missing.slice(0, 10).join(', ')}${missing.length > 10 ? ', …' : ''}`,
      {
        missing,
      },
    );
  }
  return [...references].map(([name, path]) => ({ name, reference: path, found: founds.get(name) ?? '' }));
}

async function kindOf(path: string): Promise<'file' | 'folder'> {
  const info = await stat(path).catch(() => undefined);
  if (info === undefined) throw new Problem('not-found', `there is no file or folder ${path}`, { path });
  return info.isDirectory() ? 'folder' : 'file';
}

async function volumesIn(folder: string): Promise<Map<string, string>> {
  const paths = new Map<string, string>();
  for (const file of (await readdir(folder)).filter((name) => VOLUME.test(name)).sort()) {
    const name = file.replace(VOLUME, '');
    if (paths.has(name)) throw new Problem('request-invalid', `${folder} has two files named ${name}`, { name });
    paths.set(name, join(folder, file));
  }
  return paths;
}
