import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';

export const repository = resolve(import.meta.dirname, '../..');
export const deployFolder = join(repository, 'deploy');

/** A YAML or JSON object whose fields are looked at one by one. */
export const Node = z.record(z.string(), z.unknown());
export type Node = z.infer<typeof Node>;

/** Every file below a folder, as paths relative to it, sorted. */
export function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .sort();
}

export function readText(path: string): string {
  return readFileSync(resolve(repository, path), 'utf8');
}

/** Every document of a YAML file. @throws when the file is not clean YAML */
export function readYaml(path: string): Node[] {
  return parseAllDocuments(readText(path), { merge: true }).map((document) => {
    const faults = [...document.errors, ...document.warnings];
    if (faults.length > 0) throw new Error(`${path}: ${faults.map(({ message }) => message).join('; ')}`);
    return Node.parse(document.toJS());
  });
}

export function readOneYaml(path: string): Node {
  const [first, ...rest] = readYaml(path);
  if (first === undefined || rest.length > 0) throw new Error(`${path}: expected one document, got ${rest.length + 1}`);
  return first;
}

/** `NAME=value` lines; blank lines and comments are left out. */
export function readEnvFile(path: string): Record<string, string> {
  const lines = readText(path)
    .split('\n')
    .filter((line) => line.trim() !== '' && !line.startsWith('#'));
  return Object.fromEntries(
    lines.map((line) => {
      const at = line.indexOf('=');
      if (at < 1) throw new Error(`${path}: expected NAME=value, got ${line}`);
      return [line.slice(0, at), line.slice(at + 1)];
    }),
  );
}

/** The value at a path of field names, or undefined. */
export function at(node: unknown, ...path: readonly (string | number)[]): unknown {
  let value = node;
  for (const name of path) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = Object.entries(value).find(([key]) => key === String(name))?.[1];
  }
  return value;
}

/** Every value that stands under a field of this name, at any depth. */
export function fieldsNamed(node: unknown, name: string): unknown[] {
  if (typeof node !== 'object' || node === null) return [];
  return Object.entries<unknown>({ ...node }).flatMap(([key, value]) => [
    ...(key === name ? [value] : []),
    ...fieldsNamed(value, name),
  ]);
}

/** Kubernetes quantities in bytes: 14Gi, 512Mi; and those of compose: 14G, which are binary too. */
export function quantityBytes(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(Ki|Mi|Gi|Ti|K|M|G|T)?$/.exec(text);
  if (match?.[1] === undefined) throw new Error(`expected a quantity such as 14Gi, got ${text}`);
  return Number(match[1]) * 1024 ** (' KMGT'.indexOf(match[2]?.[0] ?? ' ') || 0);
}

/** `90s`, `2m`, `1h` or a number of seconds, in seconds. */
export function seconds(text: string | number): number {
  const match = /^(\d+)(s|m|h)?$/.exec(String(text));
  if (match?.[1] === undefined) throw new Error(`expected a duration such as 90s, got ${text}`);
  return Number(match[1]) * ({ s: 1, m: 60, h: 3_600 }[match[2] ?? 's'] ?? 1);
}
