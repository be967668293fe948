import {
  connectedComponents,
  countLabels,
  dice,
  instanceScore,
  normalisedSurfaceDistance,
  relabel,
  voxelVolumeMl,
  type InstanceScore,
  type LabelArray,
  type Vec3,
} from '@parse3d/volume/geometry';
import type { LabelGroup } from './label-groups.js';
import type { LabelPair } from './read-labels.js';

/** One label of one case. `dice` and `nsd` are null where neither map has the label: there is nothing to compare. */
export interface LabelScore {
  readonly name: string;
  readonly labels: readonly number[];
  readonly dice: number | null;
  readonly nsd: number | null;
  readonly referenceMl: number;
  readonly foundMl: number;
}

export interface MeasureOptions {
  readonly groups: readonly LabelGroup[] | undefined;
  readonly toleranceMm: number;
  /** Give the spacing x, y, z to the array's axes z, y, x, as the challenge's published script does. */
  readonly challengeSpacing: boolean;
}

/** Dice and normalised surface distance of every label, or of the groups that were asked for, in their order. */
export function measureLabels(pair: LabelPair, options: MeasureOptions): LabelScore[] {
  return withoutShared(options.groups ?? everyLabel(pair)).flatMap((groups) => measureGroups(pair, groups, options));
}

/** Groups may be nested, such as a tumour's core in the whole: runs of groups of which no two share a label. */
function withoutShared(groups: readonly LabelGroup[]): LabelGroup[][] {
  const runs: LabelGroup[][] = [[]];
  const taken = new Set<number>();
  for (const group of groups) {
    if (group.labels.some((label) => taken.has(label))) {
      runs.push([]);
      taken.clear();
    }
    runs.at(-1)?.push(group);
    for (const label of group.labels) taken.add(label);
  }
  return runs;
}

function measureGroups(pair: LabelPair, groups: readonly LabelGroup[], options: MeasureOptions): LabelScore[] {
  const renamed = new Map(groups.flatMap(({ labels }, index) => labels.map((label) => [label, index + 1] as const)));
  const [reference, found] = [relabel(pair.reference, renamed), relabel(pair.found, renamed)];
  const counts = [countLabels(reference), countLabels(found)] as const;
  const [x, y, z] = pair.geometry.spacingMm;
  const spacing: Vec3 = options.challengeSpacing ? [z, y, x] : [x, y, z];
  const ml = voxelVolumeMl(pair.geometry);
  return groups.map(({ name, labels }, index) => {
    const label = index + 1;
    const [inReference, inFound] = [counts[0].get(label) ?? 0, counts[1].get(label) ?? 0];
    const isNowhere = inReference + inFound === 0;
    const surface = { label, toleranceMm: options.toleranceMm };
    return {
      name,
      labels,
      dice: isNowhere ? null : dice(reference, found, label),
      nsd: isNowhere ? null : normalisedSurfaceDistance(reference, found, pair.geometry.shape, spacing, surface),
      referenceMl: sixDigits(inReference * ml),
      foundMl: sixDigits(inFound * ml),
    };
  });
}

const sixDigits = (value: number): number => Number(value.toPrecision(6));

/** F1 of single objects. A found map with one label only is taken apart into what hangs together. */
export function measureInstances(pair: LabelPair): InstanceScore {
  return instanceScore(pair.reference, apart(pair.found, pair));
}

function apart(found: LabelArray, { geometry }: LabelPair): LabelArray {
  const labels = [...countLabels(found).keys()].filter((label) => label !== 0);
  return labels.length === 1 ? connectedComponents(found, geometry.shape) : found;
}

/** Every label of either map; named as the reference's prompts name it. */
function everyLabel({ reference, found, prompts }: LabelPair): LabelGroup[] {
  const labels = new Set([...countLabels(reference).keys(), ...countLabels(found).keys()]);
  for (const { label } of prompts) labels.add(label);
  labels.delete(0);
  const texts = new Map(prompts.map(({ label, text }) => [label, text]));
  return [...labels]
    .sort((a, b) => a - b)
    .map((label) => ({ name: texts.get(label) ?? String(label), labels: [label] }));
}

/** Mean of the numbers that are there; null when none is. */
export function mean(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0) / known.length;
}
