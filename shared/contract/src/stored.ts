import type { z } from 'zod';

/** Reads a document of the type `T`. */
export type StoredSchema<T> = z.ZodType<T>;

type Path = readonly PropertyKey[];

/**
 * Parses a document that a process of ours wrote. The schema is as strict as at the edge, where an unknown field is a
 * mistake of the client. Here it is a field of the next version, which may be running beside this one, and is left out.
 *
 * @throws ZodError for anything else that the schema refuses
 */
export function parseStored<T>(schema: StoredSchema<T>, value: unknown): T {
  const first = schema.safeParse(value);
  if (first.success) return first.data;
  const known = structuredClone(value);
  dropUnknown(known, first.error.issues, []);
  return schema.parse(known);
}

function dropUnknown(document: unknown, issues: readonly z.core.$ZodIssue[], base: Path): void {
  for (const issue of issues) {
    const path = [...base, ...issue.path];
    if (issue.code === 'unrecognized_keys') {
      const owner = valueAt(document, path);
      for (const key of issue.keys) if (owner !== undefined) Reflect.deleteProperty(owner, key);
    }
    // Of the forms that a value may have, the one whose only faults are unknown fields is meant.
    if (issue.code === 'invalid_union') {
      const meant = issue.errors.find((faults) => faults.every(({ code }) => code === 'unrecognized_keys'));
      if (meant !== undefined) dropUnknown(document, meant, path);
    }
  }
}

function valueAt(document: unknown, path: Path): object | undefined {
  let value = document;
  for (const step of path) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = Reflect.get(value, step);
  }
  return typeof value === 'object' && value !== null ? value : undefined;
}
