import { stat } from 'node:fs/promises';
import { resolve, sep } from 'node:path';
import { loadPack, type LoadedPack } from '@parse3d/engine';
import { readPackCatalog } from '@parse3d/contract/packs';
import { packFolders } from '../stack/pack-folders.js';

/**
 * The folder of a pack that the user of this machine names: by path, or by id among the folders of packs.
 * @throws Problem `pack-unknown` with the nearest ids
 */
export async function findPackFolder(idOrPath: string, packs: string | undefined): Promise<string> {
  const looksLikePath = idOrPath.includes('/') || idOrPath.includes(sep) || idOrPath === '.' || idOrPath === '..';
  if (looksLikePath || (await isFolder(idOrPath))) return resolve(idOrPath);
  return (await readPackCatalog(packFolders(packs))).folderOf(idOrPath);
}

/** The pack with every file verified. @throws Problem `pack-unknown`, `pack-invalid`, `pack-checksum`, … */
export async function openPack(idOrPath: string, packs: string | undefined): Promise<LoadedPack> {
  return loadPack(await findPackFolder(idOrPath, packs));
}

async function isFolder(path: string): Promise<boolean> {
  // A pack's id wins over a folder of the same name that is not a pack.
  return stat(`${path}/pack.json`).then(
    (info) => info.isFile(),
    () => false,
  );
}
