import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { z } from 'zod';
import type { Pack } from '@parse3d/contract';
import { parsePack } from '@parse3d/contract/packs';
import { formatJson } from './pack-json.js';

type WithoutFiles<T> = T extends unknown ? Omit<T, 'files'> : never;
/** A pack before its files were counted. */
export type PackDraft = WithoutFiles<z.input<typeof Pack>>;

/**
 * Writes a pack: its files, then the pack.json that lists their sizes and checksums. The same draft and files give the
 * same bytes. The folder is made when it is missing; files of the same names are replaced.
 * @throws Problem `pack-invalid` when the draft is not a pack
 */
export async function writePack(
  folder: string,
  draft: PackDraft,
  files: Readonly<Record<string, Uint8Array | string>>,
): Promise<Pack> {
  const contents = Object.entries(files)
    .map(([name, content]) => [name, typeof content === 'string' ? Buffer.from(content) : content] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  const listed = Object.fromEntries(
    contents.map(([name, bytes]) => [
      name,
      { sha256: createHash('sha256').update(bytes).digest('hex'), bytes: bytes.byteLength },
    ]),
  );
  const content = { ...draft, files: listed };
  const pack = parsePack(content, join(folder, 'pack.json'));
  await mkdir(folder, { recursive: true });
  for (const [name, bytes] of contents) await writeFile(join(folder, name), bytes);
  await writeFile(join(folder, 'pack.json'), formatJson(content));
  return pack;
}
