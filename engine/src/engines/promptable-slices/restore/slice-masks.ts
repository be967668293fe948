import type { PromptableSlicesModel } from '@parse3d/contract';
import { antialiasedPlan, SquareResizer } from '../slices/resize.js';
import { logitCutoff, sigmoid, type SliceScores } from '../slices/slice-scores.js';

/** Masks that overlap a better one by more than this share of their union are dropped. */
const MAX_IOU = 0.5;

/** Takes a prompt's mask logits on the model's grid, in an array that is used again, and those that the decoder gave. */
export type OnMask = (prompt: number, logits: Float32Array, plane: Float32Array) => void;

/**
 * Brings the masks of one slice to the model's size and lets the better ones suppress the others. Holds one mask of
 * numbers at a time, whatever the number of prompts; what is compared later is a bit per pixel.
 */
export class SliceMasks {
  /** Logits above it belong to a mask. */
  readonly cutoff: number;
  readonly #resizer: SquareResizer | undefined;
  readonly #plane: Float32Array;
  readonly #suppress: boolean;
  readonly #bits: Uint32Array[] = [];

  constructor(model: Pick<PromptableSlicesModel, 'imageSize' | 'maskSize' | 'suppression'>, threshold: number) {
    const { imageSize, maskSize } = model;
    this.cutoff = logitCutoff(threshold);
    this.#resizer = imageSize === maskSize ? undefined : new SquareResizer(antialiasedPlan(maskSize, imageSize));
    this.#plane = new Float32Array(imageSize * imageSize);
    this.#suppress = model.suppression === 'iou';
  }

  /** Mask logits at the model's size; the array is used again by the next call. */
  enlarge(logits: Float32Array): Float32Array {
    if (this.#resizer === undefined) return logits;
    this.#resizer.run(logits, this.#plane);
    return this.#plane;
  }

  /**
   * Hands on the masks that stay, the most certain first; of equals the first. With one prompt nothing is suppressed, as
   * in the published code; with more, masks that overlap a better one and masks without a pixel are dropped.
   */
  visit({ existence, planes }: SliceScores, onMask: OnMask): void {
    const order = planes
      .flatMap((plane, prompt) => (plane === undefined ? [] : [{ plane, prompt, score: sigmoid(existence[prompt]) }]))
      .sort((a, b) => b.score - a.score || a.prompt - b.prompt);
    const suppress = this.#suppress && planes.length > 1;
    let kept = 0;
    for (const { plane, prompt } of order) {
      if (suppress && mostOf(plane, this.#resizer?.overshoot ?? 0) <= this.cutoff) continue;
      const logits = this.enlarge(plane);
      if (suppress) {
        const mine = (this.#bits[kept] ??= new Uint32Array(Math.ceil(this.#plane.length / 32)));
        if (!setBits(logits, this.cutoff, mine)) continue;
        if (this.#bits.slice(0, kept).some((other) => iou(mine, other) > MAX_IOU)) continue;
        kept++;
      }
      onMask(prompt, logits, plane);
    }
  }
}

/** At least as much as any pixel of the enlarged mask: one that stays empty need not be enlarged. */
function mostOf(plane: Float32Array, overshoot: number): number {
  let least = Infinity;
  let most = -Infinity;
  for (let n = 0; n < plane.length; n++) {
    const logit = plane[n];
    if (logit < least) least = logit;
    if (logit > most) most = logit;
  }
  return most + overshoot * (most - least);
}

/** One bit per pixel above the cutoff. @returns whether there is any */
function setBits(logits: Float32Array, cutoff: number, bits: Uint32Array): boolean {
  let any = 0;
  for (let word = 0, n = 0; word < bits.length; word++) {
    let value = 0;
    for (let bit = 0; bit < 32 && n < logits.length; bit++, n++) {
      if (logits[n] > cutoff) value |= 1 << bit;
    }
    bits[word] = value;
    any |= value;
  }
  return any !== 0;
}

function iou(a: Uint32Array, b: Uint32Array): number {
  let both = 0;
  let either = 0;
  for (let word = 0; word < a.length; word++) {
    const x = a[word];
    const y = b[word];
    both += countOnes(x & y);
    either += countOnes(x | y);
  }
  return either === 0 ? 0 : both / either;
}

function countOnes(word: number): number {
  let bits = word - ((word >>> 1) & 0x55555555);
  bits = (bits & 0x33333333) + ((bits >>> 2) & 0x33333333);
  return Math.imul((bits + (bits >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
