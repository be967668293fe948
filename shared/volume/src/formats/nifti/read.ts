import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Problem } from '@parse3d/contract/problems';
import { gunzip, isGzip, MAX_GZIP_RATIO } from '../gunzip.js';
import { VoxelDecoder } from './decode.js';
import { replaceNonFinite } from '../missing.js';
import { assertWithinLimits, parseNiftiHeader } from './header.js';
import { headerBytesNeeded } from './identify.js';
import type { NiftiHeader, NiftiImage, NiftiOptions } from './types.js';

/** The path of a file, or its bytes. */
export type ByteSource = string | AsyncIterable<Uint8Array>;

/** Bytes after the voxels are inflated for their checksum up to this many, or as many as the voxels have; more is a bomb. */
const MAX_TRAILING_BYTES = 16 * 2 ** 20;

/**
 * Reads a volume, gzip-compressed or not. Bytes stream through the inflater, the byte swap and the scaling into one
 * array of the final size, so that memory peaks little above the volume itself. `decode.ts` says which type voxels get.
 * Bytes after the voxels, or after the gzip stream, are left out with a warning.
 * @throws Problem for every fault of the file: see `parseNiftiHeader` and `gunzip`, and `nifti-truncated`,
 *   `gzip-too-large`, `volume-too-large`, `volume-missing`
 */
export async function readNifti(source: ByteSource, limits: NiftiOptions = {}): Promise<NiftiImage> {
  return readInto(source, (compressed, size) => new VolumeAssembler(limits, compressed, size));
}

/**
 * Reads a pair of files, of which the first holds the header and the second the voxels.
 * @throws Problem as `readNifti`
 */
export async function readNiftiPair(header: string, image: string, limits: NiftiOptions = {}): Promise<NiftiImage> {
  const bytes = await firstBytes(header);
  return readInto(
    image,
    (compressed, size) =>
      new VolumeAssembler(limits, compressed, size, parseNiftiHeader(bytes, { imageFile: true, frame: limits.frame })),
  );
}

async function readInto(
  source: ByteSource,
  open: (compressed: boolean, size: number | undefined) => VolumeAssembler,
): Promise<NiftiImage> {
  const { bytes, size } = typeof source === 'string' ? await openFile(source) : { bytes: source, size: undefined };
  const { compressed, replayed } = await sniff(bytes);
  if (!compressed) {
    const assembler = open(compressed, size);
    for await (const chunk of replayed) if (assembler.push(chunk) === 'enough') break;
    return assembler.finish(0);
  }
  const assembler = open(compressed, size);
  const after = await gunzip(replayed, (chunk) => assembler.push(chunk), {
    isComplete: () => assembler.isComplete,
  });
  return assembler.finish(after);
}

/** The uncompressed bytes of a header. */
async function firstBytes(path: string): Promise<Uint8Array> {
  const { bytes } = await openFile(path);
  const { compressed, replayed } = await sniff(bytes);
  const head = Buffer.alloc(540);
  let filled = 0;
  const sink = (chunk: Uint8Array): 'more' | 'enough' => {
    filled += Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length).copy(head, filled);
    return filled === head.length ? 'enough' : 'more';
  };
  if (compressed) await gunzip(replayed, sink);
  else for await (const chunk of replayed) if (sink(chunk) === 'enough') break;
  return head.subarray(0, filled);
}

/** Takes the bytes of an uncompressed file in order: header, extensions, voxels. */
class VolumeAssembler {
  readonly #limits: NiftiOptions;
  readonly #compressed: boolean;
  readonly #fileBytes: number | undefined;
  readonly #head = new Uint8Array(540);
  #position = 0;
  /** Bytes after the voxels, within the gzip stream. */
  #after = 0;
  #header: NiftiHeader | undefined;
  #decoder: VoxelDecoder | undefined;

  /** @param header of a pair of files: the bytes are those of the file of voxels */
  constructor(limits: NiftiOptions, compressed: boolean, fileBytes: number | undefined, header?: NiftiHeader) {
    this.#limits = limits;
    this.#compressed = compressed;
    this.#fileBytes = fileBytes;
    if (header !== undefined) this.#begin(header);
  }

  get isComplete(): boolean {
    return this.#header !== undefined && this.#position === endOf(this.#header);
  }

  push(chunk: Uint8Array): 'more' | 'enough' {
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
      if (this.#position >= 4 && this.#position === headerBytesNeeded(this.#head)) {
        this.#begin(parseNiftiHeader(this.#head.subarray(0, this.#position), { frame: this.#limits.frame }));
      }
    }
    if (this.#header === undefined) return 'more';
    take(this.#header.voxelOffset - this.#position);
    const end = endOf(this.#header);
    this.#decoder?.push(take(end - this.#position));
    this.#after += rest.length;
    // A plain file has no checksum to wait for, and its length tells the rest.
    if (this.#after > 0 && !this.#compressed && this.#fileBytes !== undefined) return 'enough';
    if (this.#compressed && this.#after - laterFrames(this.#header) > Math.max(MAX_TRAILING_BYTES, end)) {
      throw new Problem('gzip-too-large', `expected ${end} bytes by the header, the gzip stream holds far more`, {
        expected: end,
      });
    }
    return 'more';
  }

  /** @param afterStream bytes that follow the gzip stream */
  finish(afterStream: number): NiftiImage {
    // A file that ends inside its header: the parser knows how to say that.
    const header =
      this.#header ?? parseNiftiHeader(this.#head.subarray(0, this.#position), { frame: this.#limits.frame });
    const expected = endOf(header);
    if (this.#decoder === undefined || this.#position < expected) throw truncated(expected, this.#position);
    const data = this.#decoder.out;
    const after = this.#bytesAfter(expected) - laterFrames(header);
    assertDatatypeFits(header, after);
    const missing = replaceNonFinite(data);
    return {
      data,
      geometry: header.geometry,
      header,
      nonFiniteVoxels: missing?.count ?? 0,
      missing,
      readWarnings: [
        ...(header.repairs ?? []),
        ...(after < 0 ? [`The file ends early: of the frames after this one ${-after} bytes are missing.`] : []),
        ...(after <= 0 ? [] : [`${after} bytes after the voxels were left out.`]),
        ...(afterStream === 0 ? [] : [`${afterStream} bytes after the gzip stream were left out.`]),
      ],
    };
  }

  #bytesAfter(end: number): number {
    if (this.#compressed || this.#after === 0) return this.#after;
    return this.#fileBytes === undefined ? this.#after : this.#fileBytes - end;
  }

  #begin(header: NiftiHeader): void {
    assertWithinLimits(header, this.#limits);
    const expected = endOf(header);
    if (this.#fileBytes !== undefined) {
      // Known to be too short before any memory is taken.
      const most = this.#compressed ? this.#fileBytes * MAX_GZIP_RATIO : this.#fileBytes;
      if (expected > most) throw truncated(expected, most);
    }
    this.#header = header;
    this.#decoder = new VoxelDecoder(header);
  }
}

/** Bytes of the frames behind the one that is read: inflated for the checksum, and nothing else. */
const laterFrames = ({ frame, voxelBytes }: NiftiHeader): number =>
  frame === undefined ? 0 : (frame.count - frame.number) * voxelBytes;

const endOf = ({ voxelOffset, voxelBytes }: NiftiHeader): number => voxelOffset + voxelBytes;

/** Where bitpix contradicts the datatype and the length of the file bears bitpix out, the datatype is what is wrong. */
function assertDatatypeFits({ bitsPerVoxel, bytesPerVoxel, datatype, voxelBytes }: NiftiHeader, after: number): void {
  if (after <= 0 || bitsPerVoxel === undefined || bitsPerVoxel === bytesPerVoxel * 8) return;
  if (after !== (voxelBytes / bytesPerVoxel) * (bitsPerVoxel / 8 - bytesPerVoxel)) return;
  throw new Problem(
    'nifti-header-invalid',
    `the datatype is ${datatype}, but bitpix and the length of the file say ${bitsPerVoxel} bits a voxel`,
    { datatype, bitpix: bitsPerVoxel },
  );
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
