import { Problem } from '@parse3d/contract/problems';
import type { Vec3 } from '../../geometry/index.js';
import type { NiftiDatatype } from '../nifti/types.js';
import { fromLps, type ItkHeader } from './types.js';

const TYPES: Readonly<Record<string, NiftiDatatype>> = {
  MET_CHAR: 'int8',
  MET_UCHAR: 'uint8',
  MET_SHORT: 'int16',
  MET_USHORT: 'uint16',
  MET_INT: 'int32',
  MET_UINT: 'uint32',
  MET_LONG_LONG: 'int64',
  MET_ULONG_LONG: 'uint64',
  MET_FLOAT: 'float32',
  MET_DOUBLE: 'float64',
};

/** MetaImage has no magic: its first line is one of these keys. */
export const isMetaImage = (start: Uint8Array): boolean =>
  /^(ObjectType|NDims)\s*=/.test(Buffer.from(start.subarray(0, 32)).toString('latin1'));

/**
 * The header of a MetaImage file.
 * @param text its first bytes, up to the voxels or beyond
 * @throws Problem `nrrd-invalid`, `volume-not-3d`
 */
export function parseMetaImage(text: string): ItkHeader {
  const fields = new Map<string, string>();
  let offset = 0;
  for (const [line] of text.matchAll(/[^\n]*\n?/g)) {
    offset += line.length;
    const [, name, value] = /^\s*(\w+)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    if (name === undefined || value === undefined) break;
    fields.set(name, value);
    if (name === 'ElementDataFile') break;
  }
  const dataFile = fields.get('ElementDataFile');
  if (dataFile === undefined) throw invalid('the header does not end in ElementDataFile');
  if (dataFile === 'LIST' || dataFile.includes('%')) throw invalid('slices in files of their own are not read');
  const datatype = TYPES[fields.get('ElementType') ?? ''];
  if (datatype === undefined) throw invalid(`expected a type of scalars, got ${fields.get('ElementType') ?? 'none'}`);
  const sizes = numbers(fields.get('DimSize'));
  const channels = Number(fields.get('ElementNumberOfChannels') ?? 1);
  const [i, j, k, ...more] = sizes;
  if (channels !== 1 || i === undefined || j === undefined || k === undefined || more.some((size) => size !== 1)) {
    const detail = `expected three axes of one channel, the image has the sizes ${sizes.join('×')} and ${channels} channels`;
    throw new Problem('volume-not-3d', detail, { sizes, channels });
  }
  const count = sizes.length;
  const matrix = numbers(first(fields, 'TransformMatrix', 'Orientation', 'Rotation'));
  const spacing = numbers(first(fields, 'ElementSpacing', 'ElementSize'));
  const [x = 0, y = 0, z = 0] = numbers(first(fields, 'Offset', 'Position', 'Origin'));
  const column = (axis: number): Vec3 => {
    const of = (row: number): number => (matrix[axis * count + row] ?? (row === axis ? 1 : 0)) * (spacing[axis] ?? 1);
    return [of(0), of(1), of(2)];
  };
  const skip = Number(fields.get('HeaderSize') ?? 0);
  const isLocal = /^local$/i.test(dataFile);
  return {
    datatype,
    littleEndian: !/^true$/i.test(first(fields, 'BinaryDataByteOrderMSB', 'ElementByteOrderMSB') ?? ''),
    shape: [i, j, k],
    affine: fromLps([column(0), column(1), column(2)], [x, y, z]),
    isPlaced: matrix.length > 0,
    coding: /^true$/i.test(fields.get('CompressedData') ?? '') ? 'zlib' : 'raw',
    dataFile: isLocal ? undefined : dataFile,
    offset: skip === -1 ? 'end' : (isLocal ? offset : 0) + skip,
  };
}

const first = (fields: ReadonlyMap<string, string>, ...names: readonly string[]): string | undefined =>
  names.map((name) => fields.get(name)).find((value) => value !== undefined);

const numbers = (text: string | undefined): number[] =>
  text === undefined || text.trim() === '' ? [] : text.trim().split(/\s+/).map(Number);

const invalid = (detail: string): Problem => new Problem('nrrd-invalid', detail);
