import { Problem } from '@parse3d/contract/problems';
import { grouped, isEven, type Place } from './places.js';
import { TRAITS, type DicomFile, type SliceHeader, type Trait } from './types.js';

/** Images that belong to one volume, one a place. */
export interface SeriesVolume {
  readonly slices: readonly [SliceHeader, ...SliceHeader[]];
  /** How many places its grid has: more than slices where some are missing. */
  readonly places: number;
}

/**
 * Parts the images of a grid into volumes. What differs between images at one place (echo, b-value, time, …) tells the
 * volumes apart where it leaves each of them whole; what nothing tells apart is counted by the order of the images.
 * @throws Problem `volume-not-3d` when images at one place differ, and nothing says how
 */
export function volumesOf(places: readonly Place[]): SeriesVolume[] {
  const whole = places.length;
  const areWhole = (parts: readonly (readonly Place[])[]): boolean => parts.every(isWhole(whole));
  const clean = TRAITS.reduce<readonly (readonly Place[])[]>(
    (groups, trait) => groups.flatMap((group) => splitIf(group, traitOf(trait), areWhole)),
    [places],
  ).flatMap((group) => splitIf(group, objectOf, areWhole));
  // With images missing no trait leaves all parts whole: they are told apart nevertheless, and those that lack some named.
  const parted = clean.flatMap((group) =>
    isEven(group)
      ? [group]
      : TRAITS.reduce<readonly (readonly Place[])[]>(
          (groups, trait) =>
            groups.flatMap((part) => splitIf(part, traitOf(trait), (parts) => tellsVolumes(part, trait, parts.length))),
          [group],
        ),
  );
  return parted
    .flatMap((group) => countedByOrder(group, places))
    .map((volume) => ({ slices: volume, places: whole }))
    .toSorted((a, b) => orderOf(a.slices, b.slices));
}

/** Traits in which the volumes differ and that each of them has throughout. */
export function tellingTraits(volumes: readonly SeriesVolume[]): Trait[] {
  return TRAITS.filter((trait) => {
    const values = volumes.map(({ slices: [first, ...others] }) => {
      const value = first.traits[trait];
      return others.every((other) => other.traits[trait] === value) ? value : undefined;
    });
    return values.every((value) => value !== undefined) && new Set(values).size > 1;
  });
}

const mostAtAPlace = (group: readonly Place[]): number => group.reduce((most, { length }) => Math.max(most, length), 0);
const isWhole =
  (places: number) =>
  (group: readonly Place[]): boolean =>
    group.length === places && isEven(group);

/** A trait of volumes has as many values as a place has images at most; one of slices (a time of its own) has more. */
function tellsVolumes(group: readonly Place[], trait: Trait, values: number): boolean {
  const differs = ([first, ...others]: Place): boolean =>
    others.some(({ traits }) => traits[trait] !== first.traits[trait]);
  return values <= mostAtAPlace(group) && group.some(differs);
}

const traitOf =
  (trait: Trait) =>
  ({ traits }: SliceHeader): string =>
    traits[trait] ?? '';

/** Several objects that each hold a volume, and nothing else tells them apart. */
const objectOf = ({ file, frames, tile }: SliceHeader): DicomFile | undefined =>
  frames > 1 || tile !== undefined ? file : undefined;

function splitIf<K>(
  group: readonly Place[],
  keyOf: (header: SliceHeader) => K,
  accepts: (parts: readonly (readonly Place[])[]) => boolean,
): readonly (readonly Place[])[] {
  if (mostAtAPlace(group) === 1) return [group];
  const values = new Map<K, Place[]>();
  for (const place of group) {
    for (const [value, images] of grouped(place, keyOf)) {
      const part = values.get(value);
      if (part === undefined) values.set(value, [images]);
      else part.push(images);
    }
  }
  const parts = [...values.values()];
  return parts.length > 1 && accepts(parts) ? parts : [group];
}

/** The first images of all places, the second ones, and so on, where their numbers or times say which come first. */
function countedByOrder(group: readonly Place[], all: readonly Place[]): (readonly [SliceHeader, ...SliceHeader[]])[] {
  const times = mostAtAPlace(group);
  const sorted = group.map((place) => place.toSorted(byOrder));
  const ordered = sorted.every((place) =>
    place.every((header, n) => n === 0 || byOrder(place[n - 1] ?? header, header) < 0),
  );
  if (!isEven(group) || !ordered) throw notTold(all);
  return Array.from({ length: times }, (_, n) => sorted.flatMap((place) => place[n] ?? [])).flatMap(
    ([first, ...others]) => (first === undefined ? [] : [[first, ...others] as const]),
  );
}

function byOrder(a: SliceHeader, b: SliceHeader): number {
  if (a.file === b.file) return a.frame - b.frame;
  const [x = '', y = ''] = [a.acquired, b.acquired];
  return (a.instanceNumber ?? 0) - (b.instanceNumber ?? 0) || (x < y ? -1 : x > y ? 1 : 0);
}

/** Volumes come in the order of their earliest image. */
function orderOf(a: readonly SliceHeader[], b: readonly SliceHeader[]): number {
  const [x, y] = [a, b].map((slices) => slices.toSorted(byOrder)[0]);
  return x === undefined || y === undefined ? 0 : byOrder(x, y);
}

function notTold(places: readonly Place[]): Problem {
  const doubled = places.filter(({ length }) => length > 1).length;
  const fields = { doubled, places: places.length };
  const [{ length: times } = []] = places;
  return new Problem(
    'volume-not-3d',
    doubled === places.length && isEven(places)
      ? `expected one image at each place, there are ${times} that differ: the series holds several volumes, and nothing in the images says which of them belong together`
      : `expected one image at each place, at ${doubled} of ${places.length} places several lie that differ`,
    fields,
  );
}
