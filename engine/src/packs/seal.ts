import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Pack } from '@parse3d/contract';
import { parsePack } from '@parse3d/contract/packs';
import { Problem } from '@parse3d/contract/problems';
import { namedFiles } from './check-contract.js';
import { formatJson } from './pack-json.js';

/** Left behind by a run that was killed; no file of a pack. */
const PART = '.pack.json.part';

/**
 * Lists every file of a folder with its size and SHA-256 under `files` of its pack.json, which may have been written by
 * hand. Does not run the graphs: `loadPack` does.
 * @throws Problem `pack-invalid` naming all that is missing or wrong; pack.json is then left as it was
 */
export async function sealPack(folder: string): Promise<Pack> {
  const file = join(folder, 'pack.json');
  const sheet = await readSheet(file);
  const files: Record<string, Pack['files'][string]> = {};
  for (const entry of (await readdir(folder, { withFileTypes: true })).sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (entry.name === 'pack.json' || entry.name === PART) continue;
    if (!entry.isFile()) {
      const found = entry.isDirectory() ? 'a folder' : 'not a plain file';
      throw new Problem('pack-invalid', `${entry.name} is ${found}; a pack is one folder of files`, { folder });
    }
    files[entry.name] = await measure(join(folder, entry.name));
  }
  const content = { ...sheet, files };
  const pack = parsePack(content, file);
  const absent = namedFiles(pack).filter((name) => !Object.hasOwn(files, name));
  if (absent.length > 0) {
    const there = Object.keys(files).join(', ') || 'nothing';
    throw new Problem('pack-invalid', `pack.json names ${absent.join(', ')}, and the folder holds ${there}`, {
      folder,
    });
  }
  const part = join(folder, PART);
  // A link that stands there is not written through.
  await rm(part, { force: true });
  await writeFile(part, formatJson(content), { flag: 'wx' });
  await rename(part, file);
  return pack;
}

async function readSheet(file: string): Promise<object> {
  let json: unknown;
  try {
    json = JSON.parse(await readFile(file, 'utf8'));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Problem('pack-invalid', `expected a pack in JSON at ${file}: ${reason}`, { file, path: '' });
  }
  if (typeof json === 'object' && json !== null && !Array.isArray(json)) return json;
  throw new Problem('pack-invalid', `${file}: expected an object`, { file, path: '' });
}

async function measure(path: string): Promise<Pack['files'][string]> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return { sha256: hash.digest('hex'), bytes: (await stat(path)).size };
}
