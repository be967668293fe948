import { createHash } from 'node:crypto';
import type { FrameDecoder } from './codecs.js';
import { writePixels, type OpenImage } from './pixels.js';
import { grouped, isEven, type Place } from './places.js';
import type { SliceHeader } from './types.js';

/**
 * Leaves out copies: images at the same place with the same pixels, whatever their identifiers say. De-identified series
 * share UIDs, and exports write an image twice under two.
 *
 * Images of a time series may be equal too: empty slices at its ends, phantoms, replayed scans. Numbers of their own tell
 * them from copies, unless a few places alone have such images, and without them all places have the same count. Where
 * numbers say nothing, equal images stay if the places would have unequal counts without them.
 * @throws Problem those of pixels
 */
export async function withoutCopies(
  places: readonly Place[],
  open: OpenImage,
  decoder: FrameDecoder,
): Promise<{ places: readonly Place[]; copies: number }> {
  const suspects = places.flatMap((place) => (place.length === 1 ? [] : place.filter((one) => hasTwin(one, place))));
  if (suspects.length === 0) return { places, copies: 0 };
  const digests = await digestsOf(suspects, open, decoder);
  const keyed = (header: SliceHeader): string => `${likeness(header)} ${digests.get(header) ?? identity(header)}`;
  const numbered = places.map((place) => uniqueBy(place, (one) => `${keyed(one)} ${one.instanceNumber} ${one.frame}`));
  const alike = places.map((place) => uniqueBy(place, keyed));
  const kept = isEven(numbered)
    ? numbered
    : isEven(alike)
      ? fewDiffer(numbered, alike)
        ? alike
        : numbered
      : places.map((place) => uniqueBy(place, (one) => `${keyed(one)} ${identity(one)}`));
  return { places: kept, copies: count(places) - count(kept) };
}

/** At most half of the places: more, and the series was taken several times. */
const fewDiffer = (some: readonly Place[], others: readonly Place[]): boolean =>
  some.filter(({ length }, n) => length !== others[n]?.length).length * 2 <= some.length;

const hasTwin = (one: SliceHeader, place: Place): boolean =>
  place.some((other) => other !== one && likeness(other) === likeness(one));

/** All that tells of volumes and times, but for the number of the object: a copy may have its own. */
function likeness({ acquired, traits: { instance, ...traits } }: SliceHeader): string {
  void instance;
  return JSON.stringify([acquired, traits]);
}

const identity = ({ sopInstanceUid, frame, tile }: SliceHeader): string => `${sopInstanceUid} ${frame} ${tile?.index}`;
const count = (places: readonly Place[]): number => places.reduce((sum, { length }) => sum + length, 0);

function uniqueBy([first, ...others]: Place, keyOf: (header: SliceHeader) => string): Place {
  const seen = new Set([keyOf(first)]);
  const rest = others.filter((other) => !seen.has(keyOf(other)) && seen.add(keyOf(other)));
  return [first, ...rest];
}

/** Of the values of each image, file by file. Slices of a mosaic are alike where the mosaics are. */
async function digestsOf(
  headers: readonly SliceHeader[],
  open: OpenImage,
  decoder: FrameDecoder,
): Promise<Map<SliceHeader, string>> {
  const files = grouped(headers, ({ file }) => file);
  const digests = new Map<SliceHeader, string>();
  for (const images of files.values()) {
    const mosaic = images[0].tile === undefined ? undefined : await digestOf(wholeMosaic(images[0]), open, decoder);
    for (const header of images) digests.set(header, mosaic ?? (await digestOf(header, open, decoder)));
  }
  return digests;
}

async function digestOf(header: SliceHeader, open: OpenImage, decoder: FrameDecoder): Promise<string> {
  const values = new Float64Array(header.pixels.rows * header.pixels.columns);
  await writePixels(await open(header), header, 0, values, decoder);
  return createHash('sha256').update(values).digest('base64');
}

function wholeMosaic({ tile, ...header }: SliceHeader): SliceHeader {
  const { rows, columns } = tile ?? header.pixels;
  return { ...header, tile: undefined, pixels: { ...header.pixels, rows, columns } };
}
