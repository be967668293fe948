import type { Vec3 } from '../../geometry/index.js';
import { csaValues } from './csa.js';
import { decimals, integer, privateElement, text, type DataSet } from './parse.js';
import { missing, normalOf, orientation, shifted, unsupported, vector, type Stack } from './stack.js';
import type { Tile } from './types.js';

/** All slices of a volume side by side in one image, row by row. */
export interface Mosaic {
  readonly rows: number;
  readonly columns: number;
  readonly tiles: readonly Tile[];
  /** Where each of them lies. */
  readonly stack: MosaicStack;
}

interface MosaicStack extends Stack {
  /** k runs against the normal, as in the files of dcm2niix. */
  readonly backwards: boolean;
}

const SIEMENS = { numbers: 'SIEMENS MR HEADER', csa: 'SIEMENS CSA HEADER' } as const;
const UNITED_IMAGING = 'Image Private Header';
/** More than any scanner takes in one volume. */
const MOST_TILES = 4096;

/**
 * The mosaic that an image is, by Siemens or United Imaging; undefined for every other image.
 * @throws Problem `dicom-unsupported` when the image is a mosaic and does not say how its slices lie
 */
export function mosaicOf(dataSet: DataSet): Mosaic | undefined {
  if ((integer(dataSet, 'x00280008') ?? 1) > 1) return undefined;
  const grid = privateElement(dataSet, 0x0065, UNITED_IMAGING, 0x51)?.items;
  if (grid !== undefined && grid.length > 0) {
    const sets = grid.flatMap(({ dataSet: set }) => set ?? []);
    return cut(dataSet, grid.length, Math.ceil(grid.length / acrossOf(grid.length)), () => gridStack(dataSet, sets));
  }
  const numbers = privateElement(dataSet, 0x0019, SIEMENS.numbers, 0x0a);
  const count = numbers?.length === 2 ? dataSet.uint16(numbers.tag) : undefined;
  const isMosaic = (text(dataSet, 'x00080008') ?? '').toUpperCase().split('\\').includes('MOSAIC');
  if (!isMosaic && (count ?? 0) <= 1) return undefined;
  const csa = csaOf(dataSet);
  const counted = Number(csa.get('NumberOfImagesInMosaic')?.[0] ?? count ?? 0);
  const slices = count ?? counted;
  if (!(Number.isInteger(slices) && slices >= 1))
    throw notSaid('how many they are', 'NumberOfImagesInMosaic in (0019,100A) or in the CSA header');
  if (slices !== counted) {
    throw unsupported(`the image is a mosaic with two counts of its slices, ${slices} and ${counted}`, {
      count: slices,
    });
  }
  return cut(dataSet, slices, acrossOf(slices), (tile) => mosaicStack(dataSet, csa, tile));
}

/** The smallest square that holds them all. */
const acrossOf = (count: number): number => Math.ceil(Math.sqrt(count));

function cut(dataSet: DataSet, count: number, down: number, stackOf: (tile: Size) => MosaicStack): Mosaic {
  const [rows, columns] = [dataSet.uint16('x00280010') ?? 0, dataSet.uint16('x00280011') ?? 0];
  const across = acrossOf(count);
  const tile = { rows: rows / down, columns: columns / across, mosaicRows: rows, mosaicColumns: columns };
  if (count > MOST_TILES || !Number.isInteger(tile.rows) || !Number.isInteger(tile.columns)) {
    throw unsupported(`the image is a mosaic, but ${columns}×${rows} pixels do not part into ${count} slices`, {
      count,
    });
  }
  const stack = stackOf(tile);
  return {
    rows: tile.rows,
    columns: tile.columns,
    stack,
    tiles: Array.from({ length: count }, (_, n) => ({
      index: n,
      backwards: stack.backwards,
      top: Math.floor(n / across) * tile.rows,
      left: (n % across) * tile.columns,
      rows,
      columns,
    })),
  };
}

interface Size {
  readonly rows: number;
  readonly columns: number;
  readonly mosaicRows: number;
  readonly mosaicColumns: number;
}

/**
 * Siemens: the position is that of a slice as large as the whole mosaic, about the same middle; the slices follow along
 * the normal of the private header, which may be against that of the image.
 */
function mosaicStack(dataSet: DataSet, csa: ReadonlyMap<string, readonly string[]>, size: Size): MosaicStack {
  const directions = orientation(dataSet);
  const normal = normalOf(directions);
  const said = vectorOf(csa.get('SliceNormalVector'));
  if (said === undefined) throw notSaid('in which direction they lie', 'SliceNormalVector in the CSA header');
  const along = normal[0] * said[0] + normal[1] * said[1] + normal[2] * said[2];
  // It is along the normal of the image or against it: nothing else says where the slices lie.
  if (!(Math.abs(along) > 0.5)) throw notSaid('in which direction they lie', 'SliceNormalVector across the image');
  const sign = Math.sign(along);
  const step = decimals(dataSet, 'x00180088', 1)?.[0] ?? 0;
  if (!(step > 0)) throw notSaid('how far apart they lie', 'SpacingBetweenSlices');
  const [rowSpacing = 0, columnSpacing = 0] = decimals(dataSet, 'x00280030', 2) ?? [];
  const corner = vector(decimals(dataSet, 'x00200032', 3), 'ImagePositionPatient');
  const beside = shifted(corner, directions.rowDirection, (columnSpacing * (size.mosaicColumns - size.columns)) / 2);
  const first = shifted(beside, directions.columnDirection, (rowSpacing * (size.mosaicRows - size.rows)) / 2);
  // Numbering reversed at the scanner: dcm2niix turns the slices around.
  const reversed = Number(csa.get('ProtocolSliceNumber')?.[0] ?? 0) > 1;
  return {
    ...directions,
    backwards: sign < 0 && !reversed,
    position: (tile) => shifted(first, normal, sign * step * tile),
  };
}

/** United Imaging: a private sequence has the place of every slice. */
function gridStack(dataSet: DataSet, slices: readonly DataSet[]): MosaicStack {
  const positions = slices.map((slice) => vector(decimals(slice, 'x00200032', 3), 'ImagePositionPatient'));
  return {
    ...orientation(dataSet),
    backwards: false,
    position: (tile) => {
      const position = positions[tile];
      if (position === undefined) throw missing('ImagePositionPatient of every slice');
      return position;
    },
  };
}

function csaOf(dataSet: DataSet): ReadonlyMap<string, readonly string[]> {
  const element = privateElement(dataSet, 0x0029, SIEMENS.csa, 0x10);
  if (element === undefined) return new Map();
  return csaValues(dataSet.byteArray.subarray(element.dataOffset, element.dataOffset + element.length));
}

function vectorOf(values: readonly string[] | undefined): Vec3 | undefined {
  const [x = NaN, y = NaN, z = NaN] = (values ?? []).map(Number);
  return Math.hypot(x, y, z) > 0.5 ? [x, y, z] : undefined;
}

const notSaid = (how: string, expected: string): ReturnType<typeof unsupported> =>
  unsupported(
    `the image is a mosaic (all slices of a volume lie side by side in it), and does not say ${how}: expected ${expected}`,
    { expected },
  );
