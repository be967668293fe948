import { Problem } from '@parse3d/contract/problems';
import type { FrameDecoder } from './codecs.js';
import { parseDicom } from './parse.js';
import { writePixels } from './pixels.js';
import type { SliceHeader } from './types.js';

/** Places closer than this are one place, in mm. */
const SAME_PLACE_MM = 1e-3;

/**
 * Leaves out copies: images at the same place with the same pixels, whatever their identifiers say. De-identified series
 * share UIDs, and exports write an image twice under two.
 * @throws Problem `volume-not-3d` when images at one place differ, and those of pixels
 */
export async function withoutCopies(
  headers: readonly SliceHeader[],
  decoder: FrameDecoder,
): Promise<{ unique: readonly SliceHeader[]; warnings: readonly string[] }> {
  const places = groupByPlace(headers);
  const several = places.filter((group) => group.length > 1);
  if (several.length === 0) return { unique: headers, warnings: [] };
  let doubled = 0;
  for (const [first, ...others] of several) {
    if (first === undefined) continue;
    const values = await valuesOf(first, decoder);
    for (const other of others) {
      const same = isLike(first, other) && equal(values, await valuesOf(other, decoder));
      if (same) continue;
      doubled += 1;
      break;
    }
  }
  if (doubled > 0) throw severalVolumes(places, doubled);
  const unique = places.flatMap(([first]) => (first === undefined ? [] : [first]));
  return {
    unique,
    warnings: [`${headers.length - unique.length} DICOM files are copies of others and were left out.`],
  };
}

function severalVolumes(places: readonly (readonly SliceHeader[])[], doubled: number): Problem {
  const fields = { doubled, places: places.length };
  const [{ length: times } = []] = places;
  if (doubled === places.length && places.every((group) => group.length === times)) {
    return new Problem(
      'volume-not-3d',
      `expected one image at each place, there are ${times} that differ: the series holds several volumes (times, echoes)`,
      fields,
    );
  }
  return new Problem(
    'volume-not-3d',
    `expected one image at each place, at ${doubled} of ${places.length} places several lie that differ`,
    fields,
  );
}

/** In the order of the first image of each place. */
function groupByPlace(headers: readonly SliceHeader[]): SliceHeader[][] {
  const groups: SliceHeader[][] = [];
  const cells = new Map<string, SliceHeader[][]>();
  for (const header of headers) {
    // Neighbouring cells are looked at as well, since a place may lie at the border of one.
    const cell = header.position.map((mm) => Math.round(mm / (4 * SAME_PLACE_MM)));
    const near = neighbours(cell)
      .flatMap((key) => cells.get(key) ?? [])
      .find((group) => group.some((other) => atSamePlace(other, header)));
    if (near !== undefined) {
      near.push(header);
      continue;
    }
    const group = [header];
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

function atSamePlace(a: SliceHeader, b: SliceHeader): boolean {
  const apart = Math.hypot(...a.position.map((mm, axis) => mm - (b.position[axis] ?? 0)));
  const turned = [...a.rowDirection, ...a.columnDirection].some(
    (value, n) => Math.abs(value - ([...b.rowDirection, ...b.columnDirection][n] ?? 0)) > 1e-4,
  );
  return apart <= SAME_PLACE_MM && !turned;
}

const isLike = (a: SliceHeader, b: SliceHeader): boolean =>
  a.pixels.rows === b.pixels.rows && a.pixels.columns === b.pixels.columns && a.variant === b.variant;

async function valuesOf(header: SliceHeader, decoder: FrameDecoder): Promise<Float64Array> {
  const values = new Float64Array(header.pixels.rows * header.pixels.columns);
  await writePixels(parseDicom(await header.file.read(), 'pixels'), header, 0, values, decoder);
  return values;
}

function equal(a: Float64Array, b: Float64Array): boolean {
  for (let n = 0; n < a.length; n += 1) if (a[n] !== b[n]) return false;
  return true;
}
