import type { PromptableSlicesModel } from '@parse3d/contract';
import { Problem } from '@parse3d/contract/problems';
import { MAX_GRID_VOXELS } from '@parse3d/volume/geometry';
import { bicubicPlan, SquareResizer } from './resize.js';

/** A slice on the model's square grid, and where its rows and columns lie there. */
export interface SliceFit {
  /** Side of the model's grid. */
  readonly size: number;
  /** height × width grey values to size × size, rounded and clamped to 0…255. */
  toModel(slice: Float32Array): Float32Array;
  /** Row or column n of the slice lies at `scale` · n + `offset` on the model's grid (pixel centres are whole numbers). */
  readonly rows: Placement;
  readonly columns: Placement;
}

export interface Placement {
  readonly count: number;
  readonly scale: number;
  readonly offset: number;
  /** The pixel of the model's grid that n is read from; -1 where n was cropped away. */
  readonly nearest: Int32Array;
}

/**
 * @param height of a slice, in pixels, as is `width`
 * @throws Problem `volume-too-large` for slices whose square is larger than any grid that is computed on
 */
export function fitSlices(
  height: number,
  width: number,
  model: Pick<PromptableSlicesModel, 'fit' | 'imageSize'>,
): SliceFit {
  return model.fit === 'pad-resize'
    ? padResize(height, width, model.imageSize)
    : padCrop(height, width, model.imageSize);
}

/** Zeros to a square, split floor before and ceil after, then bicubic to the model's size. Back by nearest neighbour. */
function padResize(height: number, width: number, size: number): SliceFit {
  const side = Math.max(height, width);
  if (side * side > MAX_GRID_VOXELS) {
    throw new Problem(
      'volume-too-large',
      `padded to a square, slices of ${height}×${width} have ${side * side} pixels; at most ${MAX_GRID_VOXELS} are computed`,
      { height, width, pixels: side * side, limit: MAX_GRID_VOXELS },
    );
  }
  const top = Math.floor((side - height) / 2);
  const left = Math.floor((side - width) / 2);
  const resizer = side === size ? undefined : new SquareResizer(bicubicPlan(side, size));
  const scale = size / side;
  const place = (count: number, before: number): Placement => ({
    count,
    scale,
    offset: (before + 0.5) * scale - 0.5,
    // floor(i · scale) in float32, as PyTorch's `nearest` does.
    nearest: Int32Array.from({ length: count }, (_, n) =>
      Math.min(Math.floor(Math.fround((n + before) * Math.fround(scale))), size - 1),
    ),
  });
  return {
    size,
    toModel(slice) {
      const square = new Float32Array(side * side);
      for (let y = 0; y < height; y++) {
        square.set(slice.subarray(y * width, (y + 1) * width), (y + top) * side + left);
      }
      if (resizer === undefined) return roundGrey(square);
      const resized = new Float32Array(size * size);
      resizer.run(square, resized);
      return roundGrey(resized);
    },
    rows: place(height, top),
    columns: place(width, left),
  };
}

/** Centred on the model's size without resizing: padded with zeros or cropped. */
function padCrop(height: number, width: number, size: number): SliceFit {
  const place = (count: number): Placement => {
    const offset = Math.floor((size - count) / 2);
    const inside = (n: number): number => (n + offset >= 0 && n + offset < size ? n + offset : -1);
    return { count, scale: 1, offset, nearest: Int32Array.from({ length: count }, (_, n) => inside(n)) };
  };
  const [rows, columns] = [place(height), place(width)];
  return {
    size,
    toModel(slice) {
      const square = new Float32Array(size * size);
      for (let y = 0; y < height; y++) {
        const row = rows.nearest[y];
        if (row < 0) continue;
        for (let x = 0; x < width; x++) {
          const column = columns.nearest[x];
          if (column >= 0) square[row * size + column] = slice[y * width + x];
        }
      }
      return roundGrey(square);
    },
    rows,
    columns,
  };
}

/** To whole numbers from 0 to 255, halves to even as numpy and PyTorch round. In place. */
function roundGrey(image: Float32Array): Float32Array {
  for (let n = 0; n < image.length; n++) {
    const value = Math.min(255, Math.max(0, image[n]));
    const floor = Math.floor(value);
    const part = value - floor;
    image[n] = part > 0.5 || (part === 0.5 && floor % 2 === 1) ? floor + 1 : floor;
  }
  return image;
}
