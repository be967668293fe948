import { fileURLToPath } from 'node:url';
import { resolve } from 'node:path';

/** Folders that hold packs: as the command says, else PARSE3D_PACKS, else those that come with parse3d. */
export function packFolders(given: string | undefined, env: NodeJS.ProcessEnv = process.env): string[] {
  const list = given ?? env['PARSE3D_PACKS'];
  if (list === undefined || list.trim() === '') return [fileURLToPath(new URL('../../../packs', import.meta.url))];
  return list
    .split(',')
    .map((folder) => folder.trim())
    .filter((folder) => folder !== '')
    .map((folder) => resolve(folder));
}
