import type { SliceHeader } from './types.js';

/** Places closer than this are one place, in mm. */
const SAME_PLACE_MM = 1e-3;

/** Images at one place. */
export type Place = readonly [SliceHeader, ...SliceHeader[]];

/** In the order of the first image of each place. */
export function groupByPlace(headers: readonly SliceHeader[]): Place[] {
  const groups: [SliceHeader, ...SliceHeader[]][] = [];
  const cells = new Map<string, [SliceHeader, ...SliceHeader[]][]>();
  for (const header of headers) {
    // Neighbouring cells are looked at as well, since a place may lie at the border of one.
    const cell = header.position.map((mm) => Math.round(mm / (4 * SAME_PLACE_MM)));
    const near = neighbours(cell)
      .flatMap((key) => cells.get(key) ?? [])
      .find(([other]) => atSamePlace(other, header));
    if (near !== undefined) {
      near.push(header);
      continue;
    }
    const group: [SliceHeader] = [header];
    groups.push(group);
    const key = cell.join(' ');
    cells.set(key, [...(cells.get(key) ?? []), group]);
  }
  return groups;
}

function neighbours(cell: readonly number[]): string[] {
  const [x = 0, y = 0, z = 0] = cell;
  const steps = [0, -1, 1];
  return steps.flatMap((dx) => steps.flatMap((dy) => steps.map((dz) => [x + dx, y + dy, z + dz].join(' '))));
}

const atSamePlace = (a: SliceHeader, b: SliceHeader): boolean =>
  Math.hypot(...a.position.map((mm, axis) => mm - (b.position[axis] ?? 0))) <= SAME_PLACE_MM;

/** As many images at each place. */
export const isEven = (places: readonly Place[]): boolean => places.every(({ length }) => length === places[0]?.length);

/** Items by a key, in the order of first sight. */
export function grouped<K, T>(items: readonly T[], keyOf: (item: T) => K): Map<K, [T, ...T[]]> {
  const groups = new Map<K, [T, ...T[]]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group === undefined) groups.set(keyOf(item), [item]);
    else group.push(item);
  }
  return groups;
}
