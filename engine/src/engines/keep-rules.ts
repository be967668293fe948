import type { Modality, Pack, Prompt, RemovedParts } from '@parse3d/contract';
import { keepPartsOf, type KeepParts } from '@parse3d/contract/packs';
import type { KeepRule } from '@parse3d/volume/geometry';

/** Which parts stay of each prompt's mask; undefined where all do. */
export function keepRulesOf(
  pack: Pack,
  prompts: readonly Prompt[],
  modality: Modality,
): readonly (KeepParts | undefined)[] {
  return prompts.map((prompt) => keepPartsOf(pack, prompt, modality));
}

/** A rule in voxels of one grid; a part of exactly the limit stays. */
export function inVoxels({ keepLargest, removeBelowMl }: KeepParts, voxelMl: number): KeepRule {
  // Rounding must not take a part that is exactly as large as the limit.
  const minVoxels = removeBelowMl === undefined ? undefined : Math.ceil(removeBelowMl / voxelMl - 1e-6);
  return { keepLargest, minVoxels };
}

/** What a finding says about a rule; undefined without one. */
export function removedOf(
  rule: KeepParts | undefined,
  removed: { readonly removedComponents: number; readonly removedVoxels: number } | undefined,
): RemovedParts | undefined {
  if (rule === undefined) return undefined;
  return { ...rule, components: removed?.removedComponents ?? 0, voxels: removed?.removedVoxels ?? 0 };
}

/** A sentence for each prompt with a rule, for people. */
export function keepSentences(prompts: readonly Prompt[], removed: readonly (RemovedParts | undefined)[]): string[] {
  return prompts.flatMap(({ label }, index) => {
    const what = removed[index];
    if (what === undefined) return [];
    const rules = [
      what.keepLargest === undefined
        ? undefined
        : what.keepLargest === 1
          ? 'kept the largest part'
          : `kept the ${what.keepLargest} largest parts`,
      what.removeBelowMl === undefined ? undefined : `removed parts below ${what.removeBelowMl} ml`,
    ].filter((rule) => rule !== undefined);
    const gone = `${what.components} ${what.components === 1 ? 'part' : 'parts'} of ${what.voxels} voxels removed`;
    return [`label ${label}: ${rules.join(' and ')}, ${what.components === 0 ? 'nothing removed' : gone}`];
  });
}
