import { Problem } from '@parse3d/contract/problems';
import type { Vec3 } from '../../geometry/index.js';
import type { NiftiDatatype } from '../nifti/types.js';
import { fromLps, type ItkHeader } from './types.js';

const TYPES: Readonly<Record<string, NiftiDatatype>> = Object.fromEntries(
  (
    [
      ['int8', 'signed char', 'int8', 'int8_t'],
      ['uint8', 'uchar', 'unsigned char', 'uint8', 'uint8_t'],
      ['int16', 'short', 'short int', 'signed short', 'signed short int', 'int16', 'int16_t'],
      ['uint16', 'ushort', 'unsigned short', 'unsigned short int', 'uint16', 'uint16_t'],
      ['int32', 'int', 'signed int', 'int32', 'int32_t'],
      ['uint32', 'uint', 'unsigned int', 'uint32', 'uint32_t'],
      ['int64', 'longlong', 'long long', 'long long int', 'signed long long', 'int64', 'int64_t'],
      ['uint64', 'ulonglong', 'unsigned long long', 'unsigned long long int', 'uint64', 'uint64_t'],
      ['float32', 'float'],
      ['float64', 'double'],
    ] as const
  ).flatMap(([type, ...names]) => names.map((name) => [name, type])),
);

/** Signs that turn a space's axes into left, posterior, superior. */
const SPACES: Readonly<Record<string, Vec3>> = {
  'left-posterior-superior': [1, 1, 1],
  lps: [1, 1, 1],
  'right-anterior-superior': [-1, -1, 1],
  ras: [-1, -1, 1],
  'left-anterior-superior': [1, -1, 1],
  las: [1, -1, 1],
};

export const isNrrd = (start: Uint8Array): boolean =>
  Buffer.from(start.subarray(0, 7)).toString('latin1') === 'NRRD000';

/**
 * The header of a NRRD file.
 * @param text its first bytes, up to the voxels or beyond
 * @throws Problem `nrrd-invalid`, `volume-not-3d`
 */
export function parseNrrd(text: string): ItkHeader {
  const end = /\r?\n\r?\n/.exec(text);
  const head = end === null ? text : text.slice(0, end.index);
  const fields = new Map<string, string>();
  for (const line of head.split(/\r?\n/).slice(1)) {
    const [, name, value] = /^([^#:][^:]*): (.*)$/.exec(line) ?? [];
    if (name !== undefined && value !== undefined) fields.set(name.trim().toLowerCase(), value.trim());
  }
  const datatype = TYPES[(fields.get('type') ?? '').toLowerCase()];
  if (datatype === undefined) throw invalid(`expected a type of scalars, got ${fields.get('type') ?? 'none'}`);
  const dataFile = fields.get('data file') ?? fields.get('datafile');
  if (end === null && dataFile === undefined) throw invalid('the header does not end in an empty line');
  const sizes = numbers(fields.get('sizes') ?? '');
  const directions = vectors(fields.get('space directions'));
  // Axes of one sample hold nothing: a list of components that are one, or of one time.
  const axes = sizes.map((size, n) => ({ size, direction: directions?.[n], n }));
  const spatial =
    axes.length === 3 ? axes : axes.filter(({ size, direction }) => size !== 1 || direction !== undefined);
  const [i, j, k, ...more] = spatial;
  if (i === undefined || j === undefined || k === undefined || more.length > 0) {
    throw new Problem('volume-not-3d', `expected three axes, the image has the sizes ${sizes.join('×')}`, { sizes });
  }
  const space = fields.get('space')?.toLowerCase();
  const signs = SPACES[space ?? 'lps'];
  if (signs === undefined) throw invalid(`the space ${space} is not one of the body`);
  const turned = ([x, y, z]: Vec3): Vec3 => [x * signs[0], y * signs[1], z * signs[2]];
  const spacings = numbers(fields.get('spacings') ?? '');
  const column = ({ direction, n }: (typeof axes)[number], axis: number): Vec3 => {
    const mm = Number.isFinite(spacings[n]) ? (spacings[n] ?? 1) : 1;
    return turned(direction ?? [axis === 0 ? mm : 0, axis === 1 ? mm : 0, axis === 2 ? mm : 0]);
  };
  const origin = vectors(fields.get('space origin'))?.[0] ?? [0, 0, 0];
  const coding = CODINGS[(fields.get('encoding') ?? '').toLowerCase()];
  if (coding === undefined) throw invalid(`expected the encoding raw or gzip, got ${fields.get('encoding') ?? 'none'}`);
  if (Number(fields.get('line skip') ?? fields.get('lineskip') ?? 0) !== 0) throw invalid('line skip is not read');
  const skip = Number(fields.get('byte skip') ?? fields.get('byteskip') ?? 0);
  const start = dataFile === undefined && end !== null ? Buffer.byteLength(head, 'latin1') + end[0].length : 0;
  return {
    datatype,
    littleEndian: fields.get('endian')?.toLowerCase() !== 'big',
    shape: [i.size, j.size, k.size],
    affine: fromLps([column(i, 0), column(j, 1), column(k, 2)], turned(origin)),
    isPlaced: space !== undefined && directions !== undefined,
    coding,
    dataFile,
    offset: skip === -1 ? 'end' : start + skip,
  };
}

const CODINGS: Readonly<Record<string, 'raw' | 'gzip'>> = { raw: 'raw', gzip: 'gzip', gz: 'gzip' };

const numbers = (text: string): number[] => (text.trim() === '' ? [] : text.trim().split(/\s+/).map(Number));

function vectors(text: string | undefined): (Vec3 | undefined)[] | undefined {
  return text?.match(/\([^)]*\)|none/g)?.map((vector): Vec3 | undefined => {
    const [x, y, z] = vector.replace(/[()]/g, '').split(',').map(Number);
    return x === undefined || y === undefined || z === undefined ? undefined : [x, y, z];
  });
}

const invalid = (detail: string): Problem => new Problem('nrrd-invalid', detail);
