/** A probability map as it is stored: `probability = slope * value + intercept`. */
export interface StoredMap {
  readonly values: ArrayLike<number>;
  readonly slope: number;
  readonly intercept: number;
}

/** What a threshold is short of by, so that 0.7 * 255 does not miss the 178.5 that it means. */
const ROUNDING = 1e-6;

/** The smallest stored value whose probability reaches the threshold: exactly the threshold belongs to the mask. */
const stored = (threshold: number, { slope, intercept }: StoredMap): number =>
  (threshold - ROUNDING - intercept) / (slope === 0 ? 1 : slope);

/** Voxels at and above a threshold. */
export function countFrom(threshold: number, map: StoredMap): number {
  const { values } = map;
  const least = stored(threshold, map);
  let count = 0;
  for (let at = 0; at < values.length; at++) if ((values[at] ?? 0) >= least) count++;
  return count;
}

/** 1 in every voxel at and above a threshold, else 0. */
export function maskFrom(threshold: number, map: StoredMap): Uint8Array<ArrayBuffer> {
  const { values } = map;
  const least = stored(threshold, map);
  const mask = new Uint8Array(values.length);
  for (let at = 0; at < mask.length; at++) mask[at] = (values[at] ?? 0) >= least ? 1 : 0;
  return mask;
}

/** Offsets in a single-file NIfTI-1 volume. Unit: bytes. */
const place = {
  intent: 68,
  datatype: 70,
  bits: 72,
  firstVoxel: 108,
  slope: 112,
  intercept: 116,
  shownTo: 124,
  shownFrom: 128,
  extension: 348,
  voxels: 352,
} as const;
const UINT8 = 2;
/** Each value names something. */
const LABEL = 1002;

/**
 * A mask as a NIfTI-1 file of its own: the header of the map it was made of, with the same grid, and a byte a voxel.
 *
 * @param source an unpacked single-file NIfTI-1 volume
 * @returns undefined for a source that is none
 */
export function maskFile(source: ArrayBuffer, mask: Uint8Array<ArrayBuffer>): Blob | undefined {
  if (source.byteLength < place.voxels) return undefined;
  const header = source.slice(0, place.voxels);
  const view = new DataView(header);
  const little = view.getInt32(0, true) === 348;
  if (!little && view.getInt32(0, false) !== 348) return undefined;
  view.setInt16(place.intent, LABEL, little);
  view.setInt16(place.datatype, UINT8, little);
  view.setInt16(place.bits, 8, little);
  view.setFloat32(place.slope, 1, little);
  view.setFloat32(place.intercept, 0, little);
  view.setFloat32(place.shownFrom, 0, little);
  view.setFloat32(place.shownTo, 1, little);
  // The voxels follow at once: what extends the header says something of the map.
  view.setFloat32(place.firstVoxel, place.voxels, little);
  view.setUint32(place.extension, 0, little);
  return new Blob([header, mask]);
}
