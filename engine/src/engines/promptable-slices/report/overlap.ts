import type { Prompt, PromptableSlicesModel } from '@parse3d/contract';
import { countLabels } from '@parse3d/volume/geometry';
import type { Labels } from '../../../steps/step.js';
import type { Found } from '../../../types.js';
import type { MaskCounts } from '../restore/mask-counts.js';

/** A label that keeps less than this share of its mask in the label map is worth a warning. */
const SHOWN_SHARE = 0.9;

/** The label map beside the masks that it shows. */
export interface ShownMasks {
  readonly prompts: readonly Prompt[];
  readonly labels: Labels;
  /** Of the masks, after parts were removed. */
  readonly counts: MaskCounts;
}

/**
 * Writes the masks over each other, the largest first, so that what lies inside of another stays visible. Where the label
 * map shows every mask whole already, none of them is read again.
 */
export function paintSmallestLast(shown: ShownMasks, maskPieces: (prompt: number) => Iterable<Uint8Array>): void {
  if (notShown(shown, 1).length === 0) return;
  const { prompts, labels, counts } = shown;
  const size = (prompt: number): number => counts.voxels[prompt];
  const order = prompts.map((_, prompt) => prompt).filter((prompt) => size(prompt) > 0);
  order.sort((a, b) => size(b) - size(a) || b - a);
  for (const prompt of order) {
    const label = prompts[prompt]?.label ?? 0;
    let at = 0;
    for (const piece of maskPieces(prompt)) {
      for (let n = 0; n < piece.length; n++) if (piece[n] === 1) labels[at + n] = label;
      at += piece.length;
    }
  }
}

/** A label map shows each voxel once: where targets lie inside each other, it may hide most of one of them. */
export function hiddenLabels(shown: ShownMasks, overlap: PromptableSlicesModel['overlap']): Found['hidden'] {
  const labels = notShown(shown, SHOWN_SHARE).map(({ label }) => label);
  return { labels, rule: overlap === 'most-specific' ? 'smallest target' : 'most probable prompt' };
}

/** Prompts of which the label map shows less than this share of their mask. */
function notShown({ prompts, labels, counts }: ShownMasks, share: number): readonly Prompt[] {
  const voxelsShown = countLabels(labels);
  return prompts.filter(({ label }, index) => (voxelsShown.get(label) ?? 0) < share * counts.voxels[index]);
}
