import { createHash } from 'node:crypto';
import type { FrameDecoder } from './codecs.js';
import { writePixels, type OpenImage } from './pixels.js';
import { grouped, type Place } from './places.js';
import type { SliceHeader } from './types.js';

/**
 * Leaves out copies: images at the same place with the same pixels, whatever their identifiers say. De-identified series
 * share UIDs, and exports write an image twice under two. Images of a time series may be equal by chance (empty slices
 * at its ends): they stay where the places would have unequal numbers of images without them.
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
  const keyed = (header: SliceHeader): string =>
    digests.has(header) ? `${likeness(header)} ${digests.get(header)}` : `${likeness(header)} ${identity(header)}`;
  const alike = places.map((place) => uniqueBy(place, keyed));
  const regular = alike.every(({ length }) => length === alike[0]?.length);
  const kept = regular ? alike : places.map((place) => uniqueBy(place, (one) => `${keyed(one)} ${identity(one)}`));
  return { places: kept, copies: count(places) - count(kept) };
}

const hasTwin = (one: SliceHeader, place: Place): boolean =>
  place.some((other) => other !== one && likeness(other) === likeness(one));

/** All that tells of volumes, but for the number of the object: a copy may have its own. */
function likeness({ traits: { instance, ...traits } }: SliceHeader): string {
  void instance;
  return JSON.stringify(traits);
}

const identity = ({ sopInstanceUid, frame }: SliceHeader): string => `${sopInstanceUid} ${frame}`;
const count = (places: readonly Place[]): number => places.reduce((sum, { length }) => sum + length, 0);

function uniqueBy([first, ...others]: Place, keyOf: (header: SliceHeader) => string): Place {
  const seen = new Set([keyOf(first)]);
  const rest = others.filter((other) => !seen.has(keyOf(other)) && seen.add(keyOf(other)));
  return [first, ...rest];
}

/** Of the values of each image, file by file. */
async function digestsOf(
  headers: readonly SliceHeader[],
  open: OpenImage,
  decoder: FrameDecoder,
): Promise<Map<SliceHeader, string>> {
  const files = grouped(headers, ({ file }) => file);
  const digests = new Map<SliceHeader, string>();
  for (const header of [...files.values()].flat()) {
    const values = new Float64Array(header.pixels.rows * header.pixels.columns);
    await writePixels(await open(header), header, 0, values, decoder);
    digests.set(header, createHash('sha256').update(values).digest('base64'));
  }
  return digests;
}
