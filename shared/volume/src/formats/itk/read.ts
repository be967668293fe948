import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createInflate } from 'node:zlib';
import { isInvertible, makeGeometry, voxelCount } from '../../geometry/index.js';
import { Problem } from '@parse3d/contract/problems';
import { gunzip } from '../gunzip.js';
import { replaceNonFinite } from '../missing.js';
import { datatypeOfName } from '../nifti/datatypes.js';
import { VoxelDecoder } from '../nifti/decode.js';
import { assertWithinLimits } from '../nifti/header.js';
import type { NiftiHeader, NiftiImage, NiftiLimits } from '../nifti/types.js';
import { withFile } from '../npz/access.js';
import { isMetaImage, parseMetaImage } from './meta-header.js';
import { isNrrd, parseNrrd } from './nrrd-header.js';
import type { ItkHeader } from './types.js';

/** Headers are a page of text; this holds those with many comments. */
const MAX_HEADER_BYTES = 2 ** 16;

/** True for the beginning of a NRRD or MetaImage file. */
export const isItk = (start: Uint8Array): boolean => isNrrd(start) || isMetaImage(start);

/**
 * The header of a NRRD or MetaImage file, as a NIfTI file of the volume would have it.
 * @throws Problem `nrrd-invalid`, `nifti-affine-invalid`, `volume-not-3d`
 */
export function parseItkHeader(start: Uint8Array): NiftiHeader {
  return headerOf(parse(start));
}

function parse(start: Uint8Array): ItkHeader {
  // One character a byte, so that places in the text are places in the file.
  const text = Buffer.from(start.buffer, start.byteOffset, start.length).toString('latin1');
  return isNrrd(start) ? parseNrrd(text) : parseMetaImage(text);
}

/**
 * Reads a NRRD or MetaImage volume, with its voxels behind the header or in a file beside it, as they are or compressed.
 * @throws Problem as `parseItkHeader`, `nifti-truncated`, `gzip-corrupt`, `volume-too-large`, `volume-missing`
 */
export async function readItk(path: string, limits: NiftiLimits = {}): Promise<NiftiImage> {
  const found = parse(await withFile(path, (file) => file.read(0, Math.min(MAX_HEADER_BYTES, file.bytes))));
  const header = headerOf(found);
  assertWithinLimits(header, limits);
  const voxels = await voxelFile(path, found);
  const { size } = await stat(voxels);
  const start = found.offset === 'end' ? Math.max(0, size - header.voxelBytes) : found.offset;
  if (found.coding === 'raw' && start + header.voxelBytes > size) throw truncated(start + header.voxelBytes, size);
  const decoder = new VoxelDecoder(header);
  let left = header.voxelBytes;
  const take = (bytes: Uint8Array): 'more' | 'enough' => {
    decoder.push(bytes.subarray(0, left));
    left -= Math.min(left, bytes.length);
    return left === 0 && found.coding !== 'gzip' ? 'enough' : 'more';
  };
  await inflate(createReadStream(voxels, { start }), found.coding, take, () => left === 0);
  if (left > 0) throw truncated(header.voxelBytes, header.voxelBytes - left);
  const missing = replaceNonFinite(decoder.out);
  return { data: decoder.out, geometry: header.geometry, header, nonFiniteVoxels: missing?.count ?? 0, missing };
}

async function inflate(
  source: AsyncIterable<Uint8Array>,
  coding: ItkHeader['coding'],
  take: (bytes: Uint8Array) => 'more' | 'enough',
  isComplete: () => boolean,
): Promise<void> {
  if (coding === 'gzip') {
    await gunzip(source, take, { isComplete });
    return;
  }
  const all = async (pieces: AsyncIterable<Uint8Array>): Promise<void> => {
    for await (const piece of pieces) if (take(piece) === 'enough') break;
  };
  if (coding === 'raw') return all(source);
  try {
    await pipeline(source, createInflate(), all);
  } catch (error) {
    if (isComplete()) return;
    throw new Problem('gzip-corrupt', 'the compressed voxels cannot be inflated', {}, { cause: error });
  }
}

/** Only a name of the same folder: a header must not lead anywhere else. */
async function voxelFile(path: string, { dataFile }: ItkHeader): Promise<string> {
  if (dataFile === undefined) return path;
  const beside = join(dirname(path), basename(dataFile));
  const isThere = await stat(beside).then(
    (info) => info.isFile(),
    () => false,
  );
  if (isThere && basename(dataFile) === dataFile.replace(/^\.\//, '')) return beside;
  throw new Problem(
    'volume-missing',
    'the header says that its voxels lie in a file of their own, which is not beside it',
  );
}

function headerOf({ datatype, littleEndian, shape, affine, isPlaced, offset }: ItkHeader): NiftiHeader {
  if (shape.some((size) => !(Number.isSafeInteger(size) && size >= 1))) {
    throw new Problem('nrrd-invalid', `expected whole sizes of at least 1, got ${shape.join('×')}`);
  }
  if (voxelCount(shape) > 2 ** 40) {
    throw new Problem('volume-too-large', `no volume has ${shape.join('×')} voxels`, { shape });
  }
  if (offset !== 'end' && !(Number.isSafeInteger(offset) && offset >= 0)) {
    throw new Problem('nrrd-invalid', 'expected the voxels to begin a whole number of bytes from the start');
  }
  if (!isInvertible(affine)) {
    throw new Problem('nifti-affine-invalid', 'expected directions with an inverse, the header has none', {
      affine: affine.map(String),
    });
  }
  const geometry = makeGeometry(shape, affine);
  const { bytes } = datatypeOfName(datatype);
  const [pi, pj, pk] = geometry.spacingMm;
  return {
    version: 1,
    littleEndian,
    datatype,
    bytesPerVoxel: bytes,
    voxelOffset: 0,
    voxelBytes: voxelCount(shape) * bytes,
    scaling: undefined,
    geometry,
    affineSource: isPlaced ? 'sform' : 'assumed',
    space: {
      version: 1,
      trailingAxes: 0,
      sform: { code: 1, rows: affine.slice(0, 12).map(Math.fround) },
      qform: { code: 0, quaternion: [0, 0, 0], offset: [0, 0, 0], qfac: 1 },
      pixdim: [Math.fround(pi), Math.fround(pj), Math.fround(pk)],
      xyztUnits: 2,
    },
  };
}

const truncated = (expected: number, actual: number): Problem =>
  new Problem('nifti-truncated', `expected ${expected} bytes by the header, the file has at most ${actual}`, {
    expected,
    actual,
  });
