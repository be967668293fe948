import { join } from 'node:path';
import type { Prompt } from '@parse3d/contract';
import { writeLabelsNpz } from '@parse3d/volume/formats';
import type { Geometry, LabelArray } from '@parse3d/volume/geometry';
import type { LocalOutput } from '../types.js';

/** Whether `labels.npz` holds the numbers of objects, as the challenge wants it of a file with `instance_label: 1`. */
export function numbersObjects(prompts: readonly Prompt[]): boolean {
  return prompts.length === 1 && prompts[0]?.instances === true;
}

/** `labels.npz`: labels, or numbers of objects, in the order of the grid (shape [i, j, k]). */
export async function labelsNpz(
  folder: string,
  data: LabelArray,
  { shape, spacingMm }: Geometry,
): Promise<LocalOutput> {
  const path = join(folder, 'labels.npz');
  const written = await writeLabelsNpz(path, { data, shape, spacingMm });
  return { name: 'labels.npz', path, ...written, contentType: 'application/zip' };
}
