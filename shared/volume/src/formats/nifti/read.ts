import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Problem } from '@parse3d/contract/problems';
import { gunzip, isGzip, MAX_GZIP_RATIO } from '../gunzip.js';
import { VoxelDecoder } from './decode.js';
import { assertWithinLimits, headerBytesNeeded, parseNiftiHeader } from './header.js';
import type { NiftiHeader, NiftiImage, NiftiLimits } from './types.js';

/** The path of a file, or its bytes. */
export type ByteSource = string | AsyncIterable<Uint8Array>;

/**
 * Reads a volume, gzip-compressed or not. Bytes stream through the inflater, the byte swap and the scaling into one
 * array of the final size, so that memory peaks little above the volume itself. `decode.ts` says which type voxels get.
 * @throws Problem for every fault of the file: see `parseNiftiHeader` and `gunzip`, and `nifti-truncated`,
 *   `nifti-trailing-data`, `gzip-too-large`, `volume-too-large`, `volume-missing`
 */
export async function readNifti(source: ByteSource, limits: NiftiLimits = {}): Promise<NiftiImage> {
  const { bytes, size } = typeof source === 'string' ? await openFile(source) : { bytes: source, size: undefined };
  const { compressed, replayed } = await sniff(bytes);
  const assembler = new VolumeAssembler(limits, compressed, size);
  if (compressed) {
    await gunzip(replayed, (chunk) => assembler.push(chunk));
  } else {
    for await (const chunk of replayed) assembler.push(chunk);
  }
  return assembler.finish();
}

/** Takes the bytes of an uncompressed file in order: header, extensions, voxels. */
class VolumeAssembler {
  readonly #limits: NiftiLimits;
  readonly #compressed: boolean;
  readonly #fileBytes: number | undefined;
  readonly #head = new Uint8Array(540);
  #position = 0;
  #header: NiftiHeader | undefined;
  #decoder: VoxelDecoder | undefined;

  constructor(limits: NiftiLimits, compressed: boolean, fileBytes: number | undefined) {
    this.#limits = limits;
    this.#compressed = compressed;
    this.#fileBytes = fileBytes;
  }

  push(chunk: Uint8Array): 'more' {
    let rest = chunk;
    const take = (most: number): Uint8Array => {
      const taken = rest.subarray(0, Math.max(0, most));
      rest = rest.subarray(taken.length);
      this.#position += taken.length;
      return taken;
    };
    while (this.#header === undefined && rest.length > 0) {
      // Four bytes tell how long the header is.
      const wanted = this.#position < 4 ? 4 : headerBytesNeeded(this.#head);
      const at = this.#position;
      this.#head.set(take(wanted - at), at);
      if (this.#position >= 4 && this.#position === headerBytesNeeded(this.#head)) this.#begin();
    }
    if (this.#header === undefined) return 'more';
    take(this.#header.voxelOffset - this.#position);
    const end = this.#header.voxelOffset + this.#header.voxelBytes;
    this.#decoder?.push(take(end - this.#position));
    if (rest.length > 0) throw this.#tooLong(end);
    return 'more';
  }

  finish(): NiftiImage {
    // A file that ends inside its header: the parser knows how to say that.
    const header = this.#header ?? parseNiftiHeader(this.#head.subarray(0, this.#position));
    const expected = header.voxelOffset + header.voxelBytes;
    if (this.#decoder === undefined || this.#position < expected) throw truncated(expected, this.#position);
    const nonFiniteVoxels = this.#decoder.replaceNonFinite();
    return { data: this.#decoder.out, geometry: header.geometry, header, nonFiniteVoxels };
  }

  #begin(): void {
    const header = parseNiftiHeader(this.#head.subarray(0, this.#position));
    assertWithinLimits(header, this.#limits);
    const expected = header.voxelOffset + header.voxelBytes;
    if (this.#fileBytes !== undefined) {
      // Known to be too short before any memory is taken.
      const most = this.#compressed ? this.#fileBytes * MAX_GZIP_RATIO : this.#fileBytes;
      if (expected > most) throw truncated(expected, most);
    }
    this.#header = header;
    this.#decoder = new VoxelDecoder(header);
  }

  #tooLong(expected: number): Problem {
    return this.#compressed
      ? new Problem('gzip-too-large', `expected ${expected} bytes by the header, the gzip stream holds more`, {
          expected,
        })
      : new Problem('nifti-trailing-data', `expected ${expected} bytes by the header, the file goes on`, { expected });
  }
}

function truncated(expected: number, actual: number): Problem {
  return new Problem('nifti-truncated', `expected ${expected} bytes by the header, the file has at most ${actual}`, {
    expected,
    actual,
  });
}

async function openFile(path: string): Promise<{ bytes: AsyncIterable<Uint8Array>; size: number }> {
  try {
    const found = await stat(path);
    if (!found.isFile()) throw new Problem('volume-missing', `${path} is not a file`);
    return { bytes: createReadStream(path, { highWaterMark: 2 ** 18 }), size: found.size };
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') {
      throw new Problem('volume-missing', `there is no file ${path}`, {}, { cause: error });
    }
    throw error;
  }
}

/** Looks at the first two bytes and gives them back in front of the others. */
async function sniff(
  source: AsyncIterable<Uint8Array>,
): Promise<{ compressed: boolean; replayed: AsyncIterable<Uint8Array> }> {
  const iterator = source[Symbol.asyncIterator]();
  const seen: Uint8Array[] = [];
  let start = Buffer.alloc(0);
  while (start.length < 2) {
    const next = await iterator.next();
    if (next.done === true) break;
    seen.push(next.value);
    start = Buffer.concat([start, next.value.subarray(0, 2)]);
  }
  return { compressed: isGzip(start), replayed: replay(seen, iterator) };
}

async function* replay(seen: readonly Uint8Array[], rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* seen;
    for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield next.value;
  } finally {
    await rest.return?.();
  }
}
