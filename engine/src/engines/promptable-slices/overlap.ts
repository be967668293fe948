import type { Finding } from '@parse3d/shared/contract';
import { countLabels } from '@parse3d/shared/geometry';
import type { Labels } from '../../steps/step.js';

/** A label that keeps less than this share of its mask in the label map is worth a warning. */
const MOST = 0.5;

/** A label map shows each voxel once: targets inside of others may hardly be seen in it. */
export function overlapWarnings(labels: Labels, findings: readonly Finding[]): string[] {
  const shown = countLabels(labels);
  const hidden = findings.filter(({ label, voxels }) => voxels > 0 && (shown.get(label) ?? 0) < MOST * voxels);
  if (hidden.length === 0) return [];
  const names = hidden.map(({ label }) => label).join(', ');
  return [
    `Prompts overlap. Most voxels of label ${names} carry another, more probable label in the label map; ask for masks to see all of them.`,
  ];
}
