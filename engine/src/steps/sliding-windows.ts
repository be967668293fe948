import type { Shape } from '@parse3d/volume/geometry';

/** A box of voxels: where it starts and its size, in the grid's own axis order. */
export interface Box {
  readonly start: Shape;
  readonly shape: Shape;
}

/**
 * First voxels of the windows along one axis: evenly spread, neighbours overlapping by at least `overlap`, the first
 * flush with one border and the last with the other.
 * @param overlap share of a window, 0 to 0.75
 */
export function windowStarts(length: number, window: number, overlap: number): number[] {
  if (window > length) throw new RangeError(`a window of ${window} does not fit into ${length} voxels`);
  const room = length - window;
  const step = Math.max(1, Math.floor(window * (1 - overlap)));
  const gaps = Math.ceil(room / step);
  if (gaps === 0) return [0];
  return Array.from({ length: gaps + 1 }, (_, n) => Math.round((n * room) / gaps));
}

/** Windows grouped in layers along the slowest axis k: a layer can be finished before the next one begins. */
export interface WindowLayer {
  readonly k: number;
  readonly windows: readonly Box[];
}

export function layersOfWindows(shape: Shape, window: Shape, overlap: number): WindowLayer[] {
  const [is, js, ks] = ([0, 1, 2] as const).map((axis) => windowStarts(shape[axis], window[axis], overlap));
  return (ks ?? []).map((k) => ({
    k,
    windows: (js ?? []).flatMap((j) => (is ?? []).map((i): Box => ({ start: [i, j, k], shape: window }))),
  }));
}

/**
 * Weight of each voxel along one axis of a window. Gaussian: sigma is 1/8 of the window, the peak 1; the product over
 * three axes weighs a voxel. The ends keep a weight above 0, so that a voxel at the border is never without any.
 */
export function windowWeights(length: number, blending: 'constant' | 'gaussian'): Float32Array {
  if (blending === 'constant') return new Float32Array(length).fill(1);
  const sigma = length / 8;
  const middle = (length - 1) / 2;
  return Float32Array.from({ length }, (_, n) => Math.exp(-((n - middle) ** 2) / (2 * sigma ** 2)));
}

/** A tile: `core` is kept, `read` is what the graph sees, the core with context as far as the volume reaches. */
export interface Tile {
  readonly core: Box;
  readonly read: Box;
}

/**
 * Cuts the volume into cores of at most `shape` that touch but do not overlap. Context is cut at the border of the volume
 * and not filled up, so that a graph's own zero padding acts there exactly as in a whole-volume pass.
 * @param halo voxels of context on every side
 */
export function tiles(volume: Shape, shape: Shape, halo: number): Tile[] {
  const along = (axis: 0 | 1 | 2): { core: [number, number]; read: [number, number] }[] => {
    const pieces = Math.ceil(volume[axis] / shape[axis]);
    return Array.from({ length: pieces }, (_, n) => {
      const from = Math.floor((n * volume[axis]) / pieces);
      const to = Math.floor(((n + 1) * volume[axis]) / pieces);
      return { core: [from, to], read: [Math.max(0, from - halo), Math.min(volume[axis], to + halo)] };
    });
  };
  const box = (...ends: [number, number][]): Box => {
    const [i = [0, 0], j = [0, 0], k = [0, 0]] = ends;
    return { start: [i[0], j[0], k[0]], shape: [i[1] - i[0], j[1] - j[0], k[1] - k[0]] };
  };
  return along(2).flatMap((k) =>
    along(1).flatMap((j) =>
      along(0).map((i) => ({ core: box(i.core, j.core, k.core), read: box(i.read, j.read, k.read) })),
    ),
  );
}

/** The voxels of a box; a box that is the whole volume is the volume itself, not a copy. */
export function cutBox(data: Float32Array, shape: Shape, { start, shape: size }: Box): Float32Array {
  if (size.every((length, axis) => length === shape[axis])) return data;
  const [ni, nj] = shape;
  const out = new Float32Array(size[0] * size[1] * size[2]);
  for (let k = 0; k < size[2]; k++) {
    for (let j = 0; j < size[1]; j++) {
      const from = ((start[2] + k) * nj + start[1] + j) * ni + start[0];
      out.set(data.subarray(from, from + size[0]), (k * size[1] + j) * size[0]);
    }
  }
  return out;
}
