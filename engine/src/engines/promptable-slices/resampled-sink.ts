import {
  makeGeometry,
  multiply,
  resample,
  transform,
  tryInvert,
  voxelCount,
  type Affine,
  type Geometry,
  type Shape,
  type Vec3,
} from '@parse3d/shared/geometry';
import type { Labels, Undo } from '../../steps/step.js';
import { PromptStats, type Restored, type SinkOptions, type SliceSink } from './sink.js';
import type { SliceStack } from './slice-stack.js';

/** Probabilities at or below this are not worth carrying: no mask begins near them. */
const NEGLIGIBLE = 0.02;

/**
 * Takes slices of a volume that was resampled for the model. Probabilities are kept on the model's coarser grid and
 * interpolated linearly to the input's, one prompt after the other and only where there are any.
 */
export class ResampledSink implements SliceSink {
  readonly #model: Geometry;
  readonly #target: Geometry;
  readonly #stack: SliceStack;
  readonly #undo: Undo;
  readonly #options: SinkOptions;
  readonly #maps: readonly Float32Array[];

  /**
   * @param model the grid of the slices
   * @param target the input's grid with its axes turned as the model's
   * @param undo the way from `target` back to the input's own axes
   */
  constructor(model: Geometry, target: Geometry, stack: SliceStack, undo: Undo, options: SinkOptions) {
    this.#model = model;
    this.#target = target;
    this.#stack = stack;
    this.#undo = undo;
    this.#options = options;
    this.#maps = options.labels.map(() => new Float32Array(voxelCount(model.shape)));
  }

  add(slice: number, back: Int32Array, probabilities: readonly Float32Array[]): void {
    const { height, width, strides } = this.#stack;
    this.#maps.forEach((map, prompt) => {
      const probability = probabilities[prompt];
      for (let y = 0, n = 0; y < height; y++) {
        let voxel = slice * strides[0] + y * strides[1];
        for (let x = 0; x < width; x++, n++, voxel += strides[2]) {
          const at = back[n] ?? -1;
          if (at >= 0) map[voxel] = probability?.[at] ?? 0;
        }
      }
    });
  }

  restore(): Restored {
    const { labels: numbers, threshold } = this.#options;
    const voxels = voxelCount(this.#target.shape);
    const labels: Labels = numbers.some((label) => label > 255) ? new Uint16Array(voxels) : new Uint8Array(voxels);
    const best = new Float32Array(voxels).fill(threshold);
    const stats = new PromptStats(numbers.length, threshold);
    numbers.forEach((label, prompt) => {
      this.#interpolate(prompt, (voxel, probability) => {
        if (probability <= threshold) return;
        stats.add(prompt, probability);
        if (probability <= (best[voxel] ?? 0)) return;
        best[voxel] = probability;
        labels[voxel] = label;
      });
    });
    return {
      labels: this.#undo.labels(labels),
      stats,
      mask: (prompt) => {
        const mask = new Uint8Array(voxels);
        this.#interpolate(prompt, (voxel, probability) => {
          if (probability > threshold) mask[voxel] = 1;
        });
        return this.#undo.labels(mask);
      },
      probabilities: (prompt) => {
        const map = new Float32Array(voxels);
        this.#interpolate(prompt, (voxel, probability) => {
          map[voxel] = probability;
        });
        return this.#undo.values(map);
      },
    };
  }

  /** Visits the voxels of the target's grid near which the prompt has any probability. */
  #interpolate(prompt: number, visit: (voxel: number, probability: number) => void): void {
    const map = this.#maps[prompt];
    const found = map && boundingBox(map, this.#model.shape);
    if (map === undefined || found === undefined) return;
    const source = grow(found, 2, this.#model.shape);
    const target = boxIn(this.#target, this.#model, source);
    if (target === undefined) return;
    const values = resample(
      { data: cut(map, this.#model.shape, source), geometry: subGeometry(this.#model, source) },
      subGeometry(this.#target, target),
      'linear',
      { outside: 0 },
    ).data;
    const [ni, nj] = this.#target.shape;
    const [wi, wj, wk] = sizeOf(target);
    for (let k = 0, n = 0; k < wk; k++) {
      for (let j = 0; j < wj; j++) {
        let voxel = ((target.first[2] + k) * nj + target.first[1] + j) * ni + target.first[0];
        for (let i = 0; i < wi; i++, n++, voxel++) visit(voxel, values[n] ?? 0);
      }
    }
  }
}

/** Voxels from `first` to `last`, both inside. */
interface Box {
  readonly first: Vec3;
  readonly last: Vec3;
}

function sizeOf({ first, last }: Box): Shape {
  return [last[0] - first[0] + 1, last[1] - first[1] + 1, last[2] - first[2] + 1];
}

function boundingBox(map: Float32Array, [ni, nj, nk]: Shape): Box | undefined {
  const first: [number, number, number] = [ni, nj, nk];
  const last: [number, number, number] = [-1, -1, -1];
  for (let k = 0, n = 0; k < nk; k++) {
    for (let j = 0; j < nj; j++) {
      for (let i = 0; i < ni; i++, n++) {
        if ((map[n] ?? 0) <= NEGLIGIBLE) continue;
        first[0] = Math.min(first[0], i);
        first[1] = Math.min(first[1], j);
        first[2] = Math.min(first[2], k);
        last[0] = Math.max(last[0], i);
        last[1] = Math.max(last[1], j);
        last[2] = Math.max(last[2], k);
      }
    }
  }
  return last[0] < 0 ? undefined : { first, last };
}

function grow({ first, last }: Box, by: number, shape: Shape): Box {
  return {
    first: [Math.max(0, first[0] - by), Math.max(0, first[1] - by), Math.max(0, first[2] - by)],
    last: [
      Math.min(shape[0] - 1, last[0] + by),
      Math.min(shape[1] - 1, last[1] + by),
      Math.min(shape[2] - 1, last[2] + by),
    ],
  };
}

/** The box of `into`'s voxels that covers a box of `from`'s, or undefined where they do not meet. */
function boxIn(into: Geometry, from: Geometry, box: Box): Box | undefined {
  const inverse = tryInvert(into.affine);
  if (inverse === undefined) return undefined;
  const across = multiply(inverse, from.affine);
  const first: [number, number, number] = [Infinity, Infinity, Infinity];
  const last: [number, number, number] = [-Infinity, -Infinity, -Infinity];
  for (let corner = 0; corner < 8; corner++) {
    const at: Vec3 = [
      (corner & 1 ? box.last : box.first)[0],
      (corner & 2 ? box.last : box.first)[1],
      (corner & 4 ? box.last : box.first)[2],
    ];
    transform(across, at).forEach((value, axis) => {
      first[axis] = Math.min(first[axis] ?? Infinity, Math.floor(value));
      last[axis] = Math.max(last[axis] ?? -Infinity, Math.ceil(value));
    });
  }
  const clipped = grow({ first, last }, 0, into.shape);
  return sizeOf(clipped).every((length) => length > 0) ? clipped : undefined;
}

function subGeometry(geometry: Geometry, box: Box): Geometry {
  const [x, y, z] = transform(geometry.affine, box.first);
  const { affine: a } = geometry;
  const moved: Affine = [a[0], a[1], a[2], x, a[4], a[5], a[6], y, a[8], a[9], a[10], z, 0, 0, 0, 1];
  return makeGeometry(sizeOf(box), moved);
}

function cut(map: Float32Array, [ni, nj]: Shape, box: Box): Float32Array {
  const [wi, wj, wk] = sizeOf(box);
  const out = new Float32Array(wi * wj * wk);
  for (let k = 0, n = 0; k < wk; k++) {
    for (let j = 0; j < wj; j++, n += wi) {
      const start = ((box.first[2] + k) * nj + box.first[1] + j) * ni + box.first[0];
      out.set(map.subarray(start, start + wi), n);
    }
  }
  return out;
}
