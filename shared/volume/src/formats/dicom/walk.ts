import { access, constants, readdir, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Problem } from '@parse3d/contract/problems';

/** Deeper than any archive is laid out; a loop of links ends sooner, since no folder is read twice. */
const MAX_DEPTH = 64;

/** A file to read, or what stands in its place. */
export interface FoundFile {
  readonly path: string;
  readonly kind: 'file' | 'broken-link' | 'special' | 'unreadable';
}

/**
 * Every file beneath a folder in the order of names, each once: links are followed, and a folder that was read before,
 * by whatever name, is passed over.
 * @throws Problem `archive-too-large` for folders nested deeper than 64
 */
export async function* filesBelow(folder: string): AsyncGenerator<FoundFile> {
  yield* walk(folder, 0, new Set());
}

async function* walk(folder: string, depth: number, seen: Set<string>): AsyncGenerator<FoundFile> {
  if (depth > MAX_DEPTH) {
    throw new Problem('archive-too-large', `expected folders nested at most ${MAX_DEPTH} deep`, { limit: MAX_DEPTH });
  }
  const real = await realpath(folder);
  if (seen.has(real)) return;
  seen.add(real);
  const entries = await readdir(folder, { withFileTypes: true });
  for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(folder, entry.name);
    const found = entry.isSymbolicLink() ? await targetOf(path) : kindOf(entry);
    if (found === 'folder') yield* readable(path, constants.R_OK | constants.X_OK, walk(path, depth + 1, seen));
    else if (found === 'file') yield* readable(path, constants.R_OK, [{ path, kind: 'file' }]);
    else yield { path, kind: found };
  }
}

interface Kinds {
  isFile(): boolean;
  isDirectory(): boolean;
}

function kindOf(entry: Kinds): 'file' | 'folder' | 'special' {
  return entry.isFile() ? 'file' : entry.isDirectory() ? 'folder' : 'special';
}

/** What a link leads to in the end. */
async function targetOf(path: string): Promise<'file' | 'folder' | 'special' | 'broken-link'> {
  return stat(path).then(kindOf, () => 'broken-link' as const);
}

async function* readable(
  path: string,
  mode: number,
  found: Iterable<FoundFile> | AsyncIterable<FoundFile>,
): AsyncGenerator<FoundFile> {
  const allowed = await access(path, mode).then(
    () => true,
    () => false,
  );
  if (allowed) yield* found;
  else yield { path, kind: 'unreadable' };
}
