import type { PromptableSlicesModel } from '@parse3d/shared/contract';
import { bicubicPlan, resizeSquare } from './resize.js';

/** A slice on the model's square grid and the way back. */
export interface SliceFit {
  /** height × width grey values to side × side, rounded and clamped to 0…255. */
  toModel(slice: Float32Array): Float32Array;
  /** For each pixel of the slice the pixel of the model's grid that it is read from; -1 where it was cropped away. */
  readonly back: Int32Array;
}

export function fitSlices(height: number, width: number, model: Pick<PromptableSlicesModel, 'fit' | 'imageSize'>): SliceFit {
  return model.fit === 'pad-resize' ? padResize(height, width, model.imageSize) : padCrop(height, width, model.imageSize);
}

/** Zeros to a square, split floor before and ceil after, then bicubic to the model's size. Back by nearest neighbour. */
function padResize(height: number, width: number, size: number): SliceFit {
  const side = Math.max(height, width);
  const top = Math.floor((side - height) / 2);
  const left = Math.floor((side - width) / 2);
  const plan = bicubicPlan(side, size);
  // floor(i · scale) in float32, as PyTorch's `nearest` does.
  const scale = Math.fround(size / side);
  const nearest = (at: number): number => Math.min(Math.floor(Math.fround(at * scale)), size - 1);
  return {
    toModel(slice) {
      const square = new Float32Array(side * side);
      for (let y = 0; y < height; y++) {
        square.set(slice.subarray(y * width, (y + 1) * width), (y + top) * side + left);
      }
      return roundGrey(side === size ? square : resizeSquare(square, plan));
    },
    back: lookUp(height, width, (y, x) => nearest(y + top) * size + nearest(x + left)),
  };
}

/** Centred on the model's size without resizing: padded with zeros or cropped. */
function padCrop(height: number, width: number, size: number): SliceFit {
  const top = Math.floor((size - height) / 2);
  const left = Math.floor((size - width) / 2);
  const inside = (y: number, x: number): boolean => y + top >= 0 && y + top < size && x + left >= 0 && x + left < size;
  const back = lookUp(height, width, (y, x) => (inside(y, x) ? (y + top) * size + x + left : -1));
  return {
    toModel(slice) {
      const square = new Float32Array(size * size);
      for (let n = 0; n < back.length; n++) {
        const at = back[n] ?? -1;
        if (at >= 0) square[at] = slice[n] ?? 0;
      }
      return roundGrey(square);
    },
    back,
  };
}

function lookUp(height: number, width: number, at: (y: number, x: number) => number): Int32Array {
  const table = new Int32Array(height * width);
  for (let y = 0, n = 0; y < height; y++) for (let x = 0; x < width; x++, n++) table[n] = at(y, x);
  return table;
}

/** To whole numbers from 0 to 255, halves to even as numpy and PyTorch round. In place. */
function roundGrey(image: Float32Array): Float32Array {
  for (let n = 0; n < image.length; n++) {
    const value = Math.min(255, Math.max(0, image[n] ?? 0));
    const floor = Math.floor(value);
    const part = value - floor;
    image[n] = part > 0.5 || (part === 0.5 && floor % 2 === 1) ? floor + 1 : floor;
  }
  return image;
}
