/** A target of two results: its number in each label map, undefined where only the other asked for it. */
export interface Pair {
  readonly name: string;
  readonly first: number | undefined;
  readonly second: number | undefined;
}

/** Voxels of one target in the label maps of two results. */
export interface Overlap {
  readonly first: number;
  readonly second: number;
  readonly both: number;
  /** 2 |A ∩ B| / (|A| + |B|); undefined where both are empty, or only one asked for it. */
  readonly dice: number | undefined;
}

interface Asked {
  readonly label: number;
  readonly prompt: string;
}

/** Targets of two results by their names, whatever their case: those of the first in its order, then what only the second has. */
export function pairTargets(first: readonly Asked[], second: readonly Asked[]): Pair[] {
  const same = (one: Asked, other: Asked): boolean => one.prompt.toLowerCase() === other.prompt.toLowerCase();
  return [
    ...first.map((one) => ({
      name: one.prompt,
      first: one.label,
      second: second.find((other) => same(one, other))?.label,
    })),
    ...second
      .filter((other) => !first.some((one) => same(one, other)))
      .map(({ prompt, label }) => ({ name: prompt, first: undefined, second: label })),
  ];
}

/** Counts what two label maps on one grid have in common, target by target. */
export function overlaps(first: ArrayLike<number>, second: ArrayLike<number>, pairs: readonly Pair[]): Overlap[] {
  const counts = pairs.map(() => ({ first: 0, second: 0, both: 0 }));
  const inFirst = new Map(pairs.map((pair, at) => [pair.first, at]));
  const inSecond = new Map(pairs.map((pair, at) => [pair.second, at]));
  for (let voxel = 0; voxel < first.length; voxel++) {
    const [a, b] = [first[voxel] ?? 0, second[voxel] ?? 0];
    if (a === 0 && b === 0) continue;
    const one = counts[inFirst.get(a) ?? -1];
    const other = counts[inSecond.get(b) ?? -1];
    if (one !== undefined) one.first++;
    if (other !== undefined) other.second++;
    if (one !== undefined && one === other) one.both++;
  }
  return counts.map((count, at) => {
    const voxels = count.first + count.second;
    const comparable = pairs[at]?.first !== undefined && pairs[at]?.second !== undefined && voxels > 0;
    return { ...count, dice: comparable ? (2 * count.both) / voxels : undefined };
  });
}

/** What a voxel of a difference is, in the order in which it is listed. */
export const BOTH = 1;
export const ONLY_FIRST = 2;
export const ONLY_SECOND = 3;

/** One target of two label maps as a label map of its own: in both, only in the first, only in the second. */
export function difference(
  first: ArrayLike<number>,
  second: ArrayLike<number>,
  pair: Pick<Pair, 'first' | 'second'>,
): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(first.length);
  for (let voxel = 0; voxel < out.length; voxel++) {
    const a = pair.first !== undefined && first[voxel] === pair.first;
    const b = pair.second !== undefined && second[voxel] === pair.second;
    out[voxel] = a ? (b ? BOTH : ONLY_FIRST) : b ? ONLY_SECOND : 0;
  }
  return out;
}
