import type { Labels } from '../../../steps/step.js';
import type { SliceScores } from '../slices/slice-scores.js';
import type { SliceStack } from '../slices/stack.js';
import type { SliceMasks } from './slice-masks.js';

/** Takes the network's slices in rising order, every one of them, and writes those of the label map. */
export interface LabelWriter {
  add(scores: SliceScores): void;
}

export interface LabelTarget {
  /** The volume's own slices. */
  readonly stack: SliceStack;
  /** Zeroed; in the volume's memory order. */
  readonly labels: Labels;
  /** Label number per prompt. */
  readonly labelOf: readonly number[];
  readonly masks: SliceMasks;
  /** Probability from which a voxel belongs to a mask. */
  readonly threshold: number;
  /** Told of each mask that stayed, before it is used. */
  readonly onKept: (index: number, prompt: number, plane: Float32Array) => void;
}

/** One prompt's slices on the volume's own grid, from its spooled logits; undefined where there is nothing. */
export interface SliceReader {
  probabilities(index: number, prompt: number): Float32Array | undefined;
}

/** Probabilities above the threshold, as 1. */
export function maskOf(probabilities: Float32Array, threshold: number): Uint8Array {
  const limit = Math.fround(threshold);
  const mask = new Uint8Array(probabilities.length);
  for (let n = 0; n < mask.length; n++) mask[n] = probabilities[n] > limit ? 1 : 0;
  return mask;
}
