import { Problem } from '@parse3d/contract/problems';
import type { DataSet } from './parse.js';
import type { SliceHeader } from './types.js';

interface Fragment {
  readonly offset: number;
  readonly position: number;
  readonly length: number;
}

/**
 * The compressed bytes of one frame. One frame may lie in several fragments; which begin a frame is said by the count,
 * by an offset table, or by the start of a JPEG stream.
 * @throws Problem `dicom-truncated`, `dicom-invalid`
 */
export function encapsulatedFrame(dataSet: DataSet, { frame, frames }: Pick<SliceHeader, 'frame' | 'frames'>): Buffer {
  const fragments = dataSet.elements['x7fe00010']?.fragments ?? [];
  if (fragments.length < frames) {
    throw new Problem(
      'dicom-truncated',
      `expected the compressed pixels of ${frames} frames in an image, it has ${fragments.length} pieces`,
      { expected: frames, actual: fragments.length },
    );
  }
  const starts = startsOf(dataSet, fragments, frames);
  const pieces = fragments.slice(starts[frame], starts[frame + 1]).map(({ position, length }) => {
    if (position + length > dataSet.byteArray.length) {
      throw new Problem('dicom-truncated', 'compressed pixels are cut off');
    }
    return dataSet.byteArray.subarray(position, position + length);
  });
  return Buffer.concat(pieces);
}

/** Of each frame, which fragment begins it. */
function startsOf(dataSet: DataSet, fragments: readonly Fragment[], frames: number): readonly number[] {
  if (frames === 1) return [0];
  if (fragments.length === frames) return fragments.map((_, n) => n);
  const offsets = new Map(fragments.map(({ offset }, n) => [offset, n]));
  const table = offsetTable(dataSet, frames).map((offset) => offsets.get(offset));
  if (table.length === frames && table.every((start) => start !== undefined)) return table;
  const streams = fragments.flatMap((fragment, n) => (beginsStream(dataSet.byteArray, fragment) ? [n] : []));
  if (streams.length === frames && streams[0] === 0) return streams;
  throw new Problem(
    'dicom-invalid',
    `${fragments.length} pieces of compressed pixels cannot be told apart into ${frames} frames: there is no table of offsets`,
    { frames, fragments: fragments.length },
  );
}

/** Bytes from the first fragment to the first of each frame: the basic table, or the extended one. */
function offsetTable(dataSet: DataSet, frames: number): readonly number[] {
  const basic = dataSet.elements['x7fe00010']?.basicOffsetTable ?? [];
  if (basic.length === frames) return basic;
  const extended = dataSet.elements['x7fe00001'];
  if (extended?.length !== frames * 8) return [];
  const { buffer, byteOffset } = dataSet.byteArray;
  const view = new DataView(buffer, byteOffset + extended.dataOffset, extended.length);
  return Array.from({ length: frames }, (_, n) => Number(view.getBigUint64(n * 8, true)));
}

/** Start of image of JPEG and JPEG-LS, start of codestream of JPEG 2000. */
function beginsStream(bytes: Uint8Array, { position }: Fragment): boolean {
  return bytes[position] === 0xff && (bytes[position + 1] === 0xd8 || bytes[position + 1] === 0x4f);
}
