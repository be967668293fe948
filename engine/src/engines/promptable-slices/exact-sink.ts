import { voxelCount, type Geometry } from '@parse3d/shared/geometry';
import type { Labels, Undo } from '../../steps/step.js';
import type { SliceStack } from './slice-stack.js';
import { PromptStats, type Restored, type SinkOptions, type SliceSink } from './sink.js';

/**
 * Takes slices whose pixels are voxels of the volume itself: labels are decided slice by slice, and nothing is held per
 * prompt but what was asked for.
 */
export class ExactSink implements SliceSink {
  readonly #stack: SliceStack;
  readonly #undo: Undo;
  readonly #options: SinkOptions;
  readonly #labels: Labels;
  readonly #stats: PromptStats;
  readonly #masks: readonly Uint8Array[];
  readonly #maps: readonly Float32Array[];

  /** @param undo the way from the stack's grid back to the input's own */
  constructor(geometry: Geometry, stack: SliceStack, undo: Undo, options: SinkOptions) {
    const voxels = voxelCount(geometry.shape);
    this.#stack = stack;
    this.#undo = undo;
    this.#options = options;
    this.#labels = options.labels.some((label) => label > 255) ? new Uint16Array(voxels) : new Uint8Array(voxels);
    this.#stats = new PromptStats(options.labels.length, options.threshold);
    this.#masks = options.wantMasks ? options.labels.map(() => new Uint8Array(voxels)) : [];
    this.#maps = options.wantProbabilities ? options.labels.map(() => new Float32Array(voxels)) : [];
  }

  add(slice: number, back: Int32Array, probabilities: readonly Float32Array[]): void {
    const { height, width, strides } = this.#stack;
    const { threshold, labels } = this.#options;
    for (let y = 0, n = 0; y < height; y++) {
      let voxel = slice * strides[0] + y * strides[1];
      for (let x = 0; x < width; x++, n++, voxel += strides[2]) {
        const at = back[n] ?? -1;
        if (at < 0) continue;
        let best = threshold;
        for (let p = 0; p < probabilities.length; p++) {
          const probability = probabilities[p]?.[at] ?? 0;
          const map = this.#maps[p];
          if (map !== undefined) map[voxel] = probability;
          if (probability <= threshold) continue;
          this.#stats.add(p, probability);
          const mask = this.#masks[p];
          if (mask !== undefined) mask[voxel] = 1;
          if (probability <= best) continue;
          best = probability;
          this.#labels[voxel] = labels[p] ?? 0;
        }
      }
    }
  }

  restore(): Restored {
    return {
      labels: this.#undo.labels(this.#labels),
      stats: this.#stats,
      mask: (prompt) => this.#undo.labels(held(this.#masks, prompt)),
      probabilities: (prompt) => this.#undo.values(held(this.#maps, prompt)),
    };
  }
}

function held<T>(list: readonly T[], prompt: number): T {
  const entry = list[prompt];
  if (entry === undefined) throw new RangeError(`nothing was kept for prompt ${prompt}`);
  return entry;
}
