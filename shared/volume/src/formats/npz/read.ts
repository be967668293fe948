import { applyAxisPlan, makeGeometry, type Shape, type Vec3, type VoxelArray } from '../../geometry/index.js';
import { Problem } from '@parse3d/contract/problems';
import { replaceNonFinite } from '../missing.js';
import { VoxelDecoder } from '../nifti/decode.js';
import { assertWithinLimits } from '../nifti/header.js';
import type { NiftiHeader, NiftiImage, NiftiLimits } from '../nifti/types.js';
import { withFile, type RandomAccess } from './access.js';
import { widenHalves } from './half.js';
import { ByteQueue, readNpyHeader, valueCount, type NpyHeader } from './npy.js';
import { MAX_PICKLE_BYTES } from './pickle.js';
import { parsePrompts, type NpzPrompts } from './prompts.js';
import { readZipDirectory, readZipEntry, type ZipEntry } from './zip.js';

/** A volume with the prompts that its file brings; none where it has no `text_prompts`. */
export interface NpzImage extends NiftiImage, NpzPrompts {}

export interface NpzOptions extends NiftiLimits {
  /** Names of the array to read, the first that is there. @default imgs */
  readonly arrays?: readonly string[] | undefined;
  /** Voxel size along x, y, z in mm of a file without `spacing`. Without it such a file is refused. */
  readonly spacingMm?: Vec3 | undefined;
}

type Directory = ReadonlyMap<string, ZipEntry>;

/**
 * Reads a volume from an `.npz` file of the text-guided segmentation challenge: `imgs` in the order z, y, x, `spacing` in
 * mm in the order x, y, z, and `text_prompts`. Such a file does not say how the volume lies in the world. The arrays come
 * from SimpleITK, whose axes x, y, z grow to the left, the back and the head: so i, j, k = x, y, z, the affine is
 * diag(-x, -y, z), and the first voxel lies at the origin.
 * @throws Problem `npz-invalid`, `npz-too-large`, `pickle-refused`, `volume-not-3d`, `volume-too-large`, `volume-missing`
 */
export async function readNpz(path: string, options: NpzOptions = {}): Promise<NpzImage> {
  return withFile(path, async (file) => {
    const directory = await readZipDirectory(file);
    const spacing = await readSpacing(file, directory, options.spacingMm);
    const prompts = await readPrompts(file, directory);
    const entry = chooseArray(directory, options.arrays);
    return withArray(file, entry, async (npy, queue) => {
      const header = volumeHeader(npy, spacing, entry);
      assertWithinLimits(header, options);
      return { ...(await decode(npy, header, queue)), ...prompts };
    });
  });
}

/**
 * What `readNpz` would find, from the directory and the first bytes of each entry: nothing large is read.
 * @throws Problem as `readNpz`, but for damage further inside
 */
export async function readNpzHeader(
  file: RandomAccess,
  options: NpzOptions = {},
): Promise<{ readonly header: NiftiHeader } & NpzPrompts> {
  const directory = await readZipDirectory(file);
  const spacing = await readSpacing(file, directory, options.spacingMm);
  const prompts = await readPrompts(file, directory);
  const entry = chooseArray(directory, options.arrays);
  return withArray(file, entry, (npy) => Promise.resolve({ header: volumeHeader(npy, spacing, entry), ...prompts }));
}

function chooseArray(directory: Directory, names: readonly string[] = ['imgs']): ZipEntry {
  const entry = names.map((name) => directory.get(`${name}.npy`)).find((found) => found !== undefined);
  if (entry !== undefined) return entry;
  const found = [...directory.keys()].map((name) => name.replace(/\.npy$/, '').slice(0, 64));
  throw new Problem(
    'npz-invalid',
    `expected an array ${names.join(' or ')}, the file has ${found.join(', ') || 'none'}`,
    {
      expected: names,
      found,
    },
  );
}

async function withArray<T>(
  file: RandomAccess,
  entry: ZipEntry,
  use: (header: NpyHeader, queue: ByteQueue) => Promise<T>,
): Promise<T> {
  const queue = new ByteQueue(readZipEntry(file, entry));
  try {
    return await use(await readNpyHeader(queue), queue);
  } finally {
    await queue.close();
  }
}

/** A header as a NIfTI file of this volume would have it, so that every later step is the same. */
function volumeHeader(npy: NpyHeader, spacing: Vec3, entry: ZipEntry): NiftiHeader {
  const [nz, ny, nx] = npy.shape;
  if (npy.datatype === 'object')
    throw new Problem('npz-invalid', `expected numbers in ${entry.name}, it holds objects`);
  if (nx === undefined || ny === undefined || nz === undefined || npy.shape.length !== 3 || nx * ny * nz === 0) {
    throw new Problem(
      'volume-not-3d',
      `expected an array z×y×x, ${entry.name} is ${npy.shape.join('×') || 'a number'}`,
      {
        shape: npy.shape,
      },
    );
  }
  const voxelBytes = valueCount(npy) * npy.bytesPerValue;
  // The array's own header takes at least a line.
  if (!(entry.bytes > voxelBytes && entry.bytes - voxelBytes < 2 ** 14)) {
    throw new Problem(
      'npz-invalid',
      `expected ${voxelBytes} bytes of values in ${entry.name}, it has ${entry.bytes} in all`,
      {
        expected: voxelBytes,
        actual: entry.bytes,
      },
    );
  }
  const [x, y, z] = spacing;
  const rows = [-x, 0, 0, 0, 0, -y, 0, 0, 0, 0, z, 0] as const;
  const isHalf = npy.datatype === 'float16';
  return {
    version: 1,
    littleEndian: isHalf || npy.littleEndian,
    datatype: npy.datatype === 'float16' ? 'float32' : npy.datatype,
    bytesPerVoxel: isHalf ? 4 : npy.bytesPerValue,
    voxelOffset: entry.bytes - voxelBytes,
    voxelBytes: isHalf ? voxelBytes * 2 : voxelBytes,
    scaling: undefined,
    geometry: makeGeometry([nx, ny, nz], [...rows, 0, 0, 0, 1]),
    affineSource: 'assumed',
    space: {
      version: 1,
      trailingAxes: 0,
      sform: { code: 2, rows },
      qform: { code: 0, quaternion: [0, 0, 0], offset: [0, 0, 0], qfac: 1 },
      pixdim: spacing,
      xyztUnits: 2,
    },
  };
}

async function decode(npy: NpyHeader, header: NiftiHeader, queue: ByteQueue): Promise<NiftiImage> {
  const decoder = new VoxelDecoder(header);
  let left = header.voxelBytes;
  const chunks = npy.datatype === 'float16' ? widenHalves(queue.rest(), npy.littleEndian) : queue.rest();
  for await (const chunk of chunks) {
    left -= chunk.length;
    if (left < 0) break;
    decoder.push(chunk);
  }
  if (left !== 0) throw new Problem('npz-invalid', `expected ${header.voxelBytes} bytes of values, got another number`);
  const data = npy.fortranOrder ? toLastFastest(decoder.out, header.geometry.shape) : decoder.out;
  const missing = replaceNonFinite(data);
  const { geometry } = header;
  return {
    data,
    geometry,
    header,
    nonFiniteVoxels: missing?.count ?? 0,
    missing,
  };
}

/** In C order the last axis, x, is fastest, which is our memory order. In Fortran order it is z. */
function toLastFastest(data: VoxelArray, [ni, nj, nk]: Shape): VoxelArray {
  return applyAxisPlan(data, [nk, nj, ni], { source: [2, 1, 0], flip: [false, false, false] });
}

async function readSpacing(file: RandomAccess, directory: Directory, fallback: Vec3 | undefined): Promise<Vec3> {
  const entry = directory.get('spacing.npy');
  if (entry === undefined && fallback !== undefined) return fallback;
  const values = entry === undefined ? [] : await withArray(file, entry, smallNumbers);
  const [x = 0, y = 0, z = 0] = values;
  if (values.length !== 3 || !values.every((value) => value > 1e-9 && value < 1e9)) {
    throw new Problem(
      'npz-invalid',
      `expected spacing to be three positive numbers (x, y, z in mm), got ${values.join(', ') || 'nothing'}`,
    );
  }
  return [x, y, z];
}

/** The values of an array of at most 16 reals. */
async function smallNumbers(npy: NpyHeader, queue: ByteQueue): Promise<number[]> {
  const count = valueCount(npy);
  if (npy.datatype === 'object' || npy.datatype === 'float16' || count > 16) return [];
  const bytes = Buffer.from(await queue.take(count * npy.bytesPerValue));
  const { littleEndian, bytesPerValue: size } = npy;
  return Array.from({ length: count }, (_, n) => {
    const at = n * size;
    if (npy.datatype === 'float64') return littleEndian ? bytes.readDoubleLE(at) : bytes.readDoubleBE(at);
    if (npy.datatype === 'float32') return littleEndian ? bytes.readFloatLE(at) : bytes.readFloatBE(at);
    if (size === 8) return Number(littleEndian ? bytes.readBigInt64LE(at) : bytes.readBigInt64BE(at));
    return littleEndian ? bytes.readIntLE(at, size) : bytes.readIntBE(at, size);
  });
}

async function readPrompts(file: RandomAccess, directory: Directory): Promise<NpzPrompts> {
  const entry = directory.get('text_prompts.npy');
  if (entry === undefined) return { prompts: [], instanceLabel: undefined };
  if (entry.bytes > MAX_PICKLE_BYTES) {
    throw new Problem('npz-too-large', `text_prompts has ${entry.bytes} bytes, at most ${MAX_PICKLE_BYTES} are read`, {
      bytes: entry.bytes,
      limit: MAX_PICKLE_BYTES,
    });
  }
  return withArray(file, entry, async (npy, queue) => {
    if (npy.datatype !== 'object' || npy.shape.length !== 0) {
      throw new Problem('npz-invalid', 'expected text_prompts to be one pickled dictionary');
    }
    const pieces: Uint8Array[] = [];
    for await (const piece of queue.rest()) pieces.push(Buffer.from(piece));
    return parsePrompts(Buffer.concat(pieces));
  });
}
