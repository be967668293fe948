import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Problem } from '@parse3d/contract/problems';
import type { Shape } from '@parse3d/volume/geometry';

/** One slice of one segment. */
export interface Frame {
  /** 0-based. */
  readonly segment: number;
  readonly k: number;
}

/** Gives the mask of a segment, 0 or not, in memory order (i fastest). */
export type MaskOf = (segment: number) => Uint8Array;

/** The slices where each segment has a voxel; slices without any are left out, as the standard allows. */
export function framesOf(segments: number, maskOf: MaskOf, [ni, nj, nk]: Shape): Frame[] {
  const frames: Frame[] = [];
  for (let segment = 0; segment < segments; segment += 1) {
    const mask = maskOf(segment);
    for (let k = 0; k < nk; k += 1) {
      if (anySet(mask, k * ni * nj, (k + 1) * ni * nj)) frames.push({ segment, k });
    }
  }
  // An object needs a frame, even when nothing was found.
  return frames.length === 0 ? [{ segment: 0, k: 0 }] : frames;
}

/** Size of all frames as bits, one after another without gaps, padded to an even number of bytes. */
export function frameBytes(count: number, [ni, nj]: Shape): number {
  const bytes = Math.ceil((count * ni * nj) / 8);
  return bytes + (bytes % 2);
}

/**
 * Writes a file: its start, then the frames as bits, the first pixel in the lowest. Rows of DICOM run against j.
 * @throws Problem `internal` when the file cannot be written; it is removed then
 */
export async function writeFrames(
  path: string,
  start: readonly Buffer[],
  frames: readonly Frame[],
  maskOf: MaskOf,
  shape: Shape,
): Promise<void> {
  try {
    await pipeline(Readable.from(bytesOf(start, frames, maskOf, shape)), createWriteStream(path));
  } catch (error) {
    await rm(path, { force: true }).catch(() => undefined);
    throw Problem.from(error);
  }
}

function* bytesOf(
  start: readonly Buffer[],
  frames: readonly Frame[],
  maskOf: MaskOf,
  shape: Shape,
): Generator<Uint8Array> {
  yield* start;
  const [ni, nj] = shape;
  const total = frameBytes(frames.length, shape);
  let current = -1;
  let mask: Uint8Array = new Uint8Array(0);
  // Bits of the last, unfinished byte: frames need not end with a byte.
  let carried = 0;
  let carriedBits = 0;
  let written = 0;
  for (const { segment, k } of frames) {
    if (segment !== current) mask = maskOf(segment);
    current = segment;
    const packed = new Uint8Array((carriedBits + ni * nj) >> 3);
    let byte = carried;
    let bit = carriedBits;
    let at = 0;
    for (let j = nj - 1; j >= 0; j -= 1) {
      const row = (k * nj + j) * ni;
      for (let i = 0; i < ni; i += 1) {
        if (mask[row + i] !== 0) byte |= 1 << bit;
        bit += 1;
        if (bit === 8) {
          packed[at] = byte;
          at += 1;
          byte = 0;
          bit = 0;
        }
      }
    }
    carried = byte;
    carriedBits = bit;
    written += packed.length;
    yield packed;
  }
  const rest = new Uint8Array(total - written);
  if (carriedBits > 0) rest[0] = carried;
  if (rest.length > 0) yield rest;
}

function anySet(mask: Uint8Array, start: number, end: number): boolean {
  for (let n = start; n < end; n += 1) if (mask[n] !== 0) return true;
  return false;
}
