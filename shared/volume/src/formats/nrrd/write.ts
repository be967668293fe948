import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { endianness } from 'node:os';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { columnOf, voxelCount, type Geometry, type Vec3 } from '../../geometry/index.js';
import { Problem } from '@parse3d/contract/problems';

const GZIP_LEVEL = 4;
/** So many bytes go to the compressor at a time. */
const PIECE_BYTES = 2 ** 20;

export interface NrrdSpec {
  readonly geometry: Geometry;
  /** `key:=value` fields, in order. */
  readonly fields: readonly (readonly [key: string, value: string])[];
}

/**
 * Writes labels as NRRD with compressed voxels behind the header. NRRD is told the space "left-posterior-superior", as
 * 3D Slicer does: x and y of our affine change sign. Memory order is the same (i fastest).
 * @throws Problem `internal` when the voxels do not match the geometry, or the file cannot be written
 */
export async function writeNrrd(path: string, spec: NrrdSpec, labels: Uint8Array | Uint16Array): Promise<void> {
  if (labels.length !== voxelCount(spec.geometry.shape)) {
    throw new Problem('internal', `expected ${voxelCount(spec.geometry.shape)} labels, got ${labels.length}`);
  }
  const bytes = Buffer.from(labels.buffer, labels.byteOffset, labels.byteLength);
  try {
    await pipeline(Readable.from(fileOf(headerOf(spec, labels), bytes)), createWriteStream(path));
  } catch (error) {
    await rm(path, { force: true }).catch(() => undefined);
    throw Problem.from(error);
  }
}

/** Only what follows the header is compressed. */
async function* fileOf(header: string, voxels: Buffer): AsyncGenerator<Buffer> {
  yield Buffer.from(header, 'utf8');
  const gzip = createGzip({ level: GZIP_LEVEL });
  const feeding = pipeline(Readable.from(pieces(voxels)), gzip);
  // It fails when the file does, which then tells why.
  feeding.catch(() => undefined);
  for await (const chunk of gzip) yield Buffer.from(chunk);
  await feeding;
}

function headerOf({ geometry, fields }: NrrdSpec, labels: Uint8Array | Uint16Array): string {
  const { affine, shape } = geometry;
  const directions = ([0, 1, 2] as const).map((axis) => lps(columnOf(affine, axis)));
  return [
    'NRRD0004',
    `type: ${labels instanceof Uint8Array ? 'unsigned char' : 'unsigned short'}`,
    'dimension: 3',
    'space: left-posterior-superior',
    `sizes: ${shape.join(' ')}`,
    `space directions: ${directions.join(' ')}`,
    'kinds: domain domain domain',
    `endian: ${endianness() === 'LE' ? 'little' : 'big'}`,
    'encoding: gzip',
    `space origin: ${lps(columnOf(affine, 3))}`,
    ...fields.map(([key, value]) => `${key}:=${escaped(value)}`),
    '',
    '',
  ].join('\n');
}

/** A vector of RAS millimetres in NRRD's form and space. */
const lps = ([x, y, z]: Vec3): string => `(${[-x, -y, z].map((value) => (value === 0 ? 0 : value)).join(',')})`;

/** A line break would end the value early; NRRD writes it as \n, and a backslash as two. */
const escaped = (value: string): string => value.replaceAll('\\', '\\\\').replace(/[\r\n]+/g, '\\n');

function* pieces(bytes: Buffer): Generator<Buffer> {
  for (let start = 0; start < bytes.length; start += PIECE_BYTES) yield bytes.subarray(start, start + PIECE_BYTES);
}
