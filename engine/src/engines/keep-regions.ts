import type { Prompt, RemovedParts } from '@parse3d/contract';
import type { KeepParts } from '@parse3d/contract/packs';
import { partsToRemove, voxelVolumeMl, type Geometry } from '@parse3d/volume/geometry';
import type { Labels } from '../steps/step.js';
import { inVoxels, removedOf } from './keep-rules.js';
import type { Regions } from './regions.js';

export interface KeptRegions {
  readonly regionMap: Labels;
  /** With a region more for every set of prompts that is left of another. */
  readonly regions: Regions;
  /** Per prompt; undefined without a rule. */
  readonly removed: readonly (RemovedParts | undefined)[];
}

/**
 * Takes the parts that do not stay out of the prompts' masks. A voxel that one prompt loses still belongs to the others
 * that want its region: it moves to the region of these. The map that came in stays as it is.
 */
export function keepRegions(
  regionMap: Labels,
  regions: Regions,
  geometry: Geometry,
  prompts: readonly Prompt[],
  rules: readonly (KeepParts | undefined)[],
): KeptRegions {
  if (rules.every((rule) => rule === undefined)) return { regionMap, regions, removed: rules.map(() => undefined) };
  const sets = [...regions.prompts];
  let map = regionMap.slice();
  const removed = prompts.map((_, prompt) => {
    const rule = rules[prompt];
    if (rule === undefined) return undefined;
    const parts = partsToRemove(maskOf(map, sets, prompt), geometry.shape, inVoxels(rule, voxelVolumeMl(geometry)));
    const renamed = parts.runs.length === 0 ? [] : withoutPrompt(sets, prompt);
    if (sets.length > 256 && map instanceof Uint8Array) map = Uint16Array.from(map);
    for (const [start, length] of parts.runs) {
      for (let n = start; n < start + length; n++) map[n] = renamed[map[n]] ?? 0;
    }
    return removedOf(rule, parts);
  });
  const owner = sets.map((set) => set.reduce<number | undefined>(regions.moreSpecific, undefined));
  return { regionMap: map, regions: { ...regions, prompts: sets, owner }, removed };
}

/** 1 where a voxel's region belongs to the prompt. */
export function maskOf(regionMap: Labels, prompts: Regions['prompts'], prompt: number): Uint8Array {
  const inside = Uint8Array.from(prompts, (owners) => (owners.includes(prompt) ? 1 : 0));
  const mask = new Uint8Array(regionMap.length);
  for (let n = 0; n < mask.length; n++) mask[n] = inside[regionMap[n]];
  return mask;
}

/** For every region that the prompt has, the one of its other prompts; those that are missing are added. */
function withoutPrompt(sets: (readonly number[])[], prompt: number): number[] {
  const known = new Map(sets.map((set, region) => [set.join(','), region]));
  return sets.map((set, region) => {
    if (!set.includes(prompt)) return region;
    const rest = set.filter((other) => other !== prompt);
    const key = rest.join(',');
    const found = known.get(key) ?? sets.push(rest) - 1;
    known.set(key, found);
    return found;
  });
}
