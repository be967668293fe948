import { readdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { z } from 'zod';
import { Pack } from '../index.js';
import { textOf } from '../text/lines.js';
import { nearest } from '../text/nearest.js';
import { isProblem, Problem } from '../problems/index.js';

/** A folder that holds a pack.json which cannot be used, and why. */
export interface RejectedPack {
  readonly folder: string;
  readonly problem: Problem;
}

/** The packs of this machine, as their pack.json files describe them; checksums and graphs are the loader's matter. */
export interface PackCatalog {
  /** Sorted by id. */
  readonly packs: readonly Pack[];
  readonly rejected: readonly RejectedPack[];
  /** @throws Problem `pack-unknown` with the nearest ids */
  get(id: string): Pack;
  has(id: string): boolean;
  /** Absolute path of the pack's folder. @throws Problem `pack-unknown` with the nearest ids */
  folderOf(id: string): string;
}

/**
 * Reads every sub-folder that holds a pack.json. A broken pack does not hide the good ones: it is listed in `rejected`.
 * A folder that does not exist holds no packs. Of two packs with one id, the one in the earlier folder counts.
 */
export async function readPackCatalog(folders: readonly string[]): Promise<PackCatalog> {
  const found = new Map<string, { pack: Pack; folder: string }>();
  const rejected: RejectedPack[] = [];
  for (const folder of (await Promise.all(folders.map(packFolders))).flat()) {
    try {
      const pack = await readPackJson(folder);
      const other = found.get(pack.id);
      if (other !== undefined) {
        throw new Problem('pack-invalid', `expected an id of its own, ${other.folder} has the id ${pack.id} too`, {
          file: join(folder, 'pack.json'),
          path: 'id',
        });
      }
      found.set(pack.id, { pack, folder });
    } catch (error) {
      if (!isProblem(error)) throw error;
      rejected.push({ folder, problem: error });
    }
  }

  const ids = [...found.keys()].sort();
  const lookUp = (id: string): { pack: Pack; folder: string } => {
    const entry = found.get(id);
    if (entry !== undefined) return entry;
    throw new Problem(
      'pack-unknown',
      `expected one of the packs ${ids.join(', ') || '(none is installed)'}, got ${id}`,
      {
        pack: id,
        suggestions: nearest(id, ids),
      },
    );
  };
  return {
    packs: ids.map((id) => lookUp(id).pack),
    rejected,
    get: (id) => lookUp(id).pack,
    has: (id) => found.has(id),
    folderOf: (id) => lookUp(id).folder,
  };
}

/**
 * Reads and checks the pack.json of one folder.
 * @throws Problem `pack-invalid` naming the file and the path of the field
 */
export async function readPackJson(folder: string): Promise<Pack> {
  const file = join(folder, 'pack.json');
  let json: unknown;
  try {
    json = JSON.parse(textOf(await readFile(file)));
  } catch (error) {
    throw new Problem('pack-invalid', `expected a pack in JSON at ${file}: ${messageOf(error)}`, { file, path: '' });
  }
  return parsePack(json, file);
}

/**
 * @param file that the content is from, for the message
 * @throws Problem `pack-invalid` that names every field that is missing or wrong; `path` is the first one's
 */
export function parsePack(json: unknown, file: string): Pack {
  const parsed = Pack.safeParse(json);
  if (parsed.success) return checkClasses(parsed.data, file);
  const faults = parsed.error.issues.map((issue) => describeIssue(issue, json));
  throw new Problem('pack-invalid', `${file}: ${faults.join('; ')}`, {
    file,
    path: parsed.error.issues[0]?.path.join('.') ?? '',
  });
}

/** `licence is missing (an object was expected)` rather than what a schema says. */
function describeIssue(issue: z.core.$ZodIssue, json: unknown): string {
  const path = issue.path.join('.') || 'the pack';
  const there = issue.path.reduce<unknown>((value, key) => memberOf(value, key), json);
  const missing = there === undefined && issue.path.length > 0;
  if (path === 'files' && missing) return 'files is missing: `parse3d pack seal` lists the files with their checksums';
  if (!missing) return `${path}: ${issue.message}`;
  return issue.code === 'invalid_type' ? `${path} is missing (expected ${issue.expected})` : `${path} is missing`;
}

function memberOf(value: unknown, key: PropertyKey): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined;
}

/** What the schema cannot say: every class has a channel of its own, inside the graph's output. */
function checkClasses(pack: Pack, file: string): Pack {
  if (pack.kind !== 'label-map') return pack;
  const seen = new Set<number>();
  pack.model.classes.forEach(({ channel }, index) => {
    if (channel < pack.model.channels && !seen.has(channel)) {
      seen.add(channel);
      return;
    }
    const path = `model.classes.${index}.channel`;
    const expected = `expected a channel of its own between 1 and ${pack.model.channels - 1}`;
    throw new Problem('pack-invalid', `${file}: ${path}: ${expected}, got ${channel}`, { file, path, channel });
  });
  return pack;
}

async function packFolders(folder: string): Promise<string[]> {
  const names = await namesIn(folder);
  const holdsPack = await Promise.all(
    names.map(async (name) => (await namesIn(join(folder, name))).includes('pack.json')),
  );
  return names.filter((_, index) => holdsPack[index]).map((name) => resolve(folder, name));
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).sort();
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) return [];
    throw error;
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
