/** What the network says about one slice. */
export interface SliceScores {
  readonly index: number;
  /** Logits per prompt that its target shows in this slice. */
  readonly existence: Float32Array;
  /** Mask logits per prompt, maskSize × maskSize; none where the target does not show. */
  readonly planes: readonly (Float32Array | undefined)[];
}

/** Float32, as the published code computes it. */
export function sigmoid(logit: number): number {
  return Math.fround(1 / (1 + Math.exp(-logit)));
}

/** Probabilities of logits, in an array of their own. */
export function probabilitiesOf(logits: Float32Array): Float32Array {
  const probabilities = new Float32Array(logits.length);
  for (let n = 0; n < logits.length; n++) probabilities[n] = 1 / (1 + Math.exp(-logits[n]));
  return probabilities;
}

/** The largest logit whose probability is not above `threshold`: comparing logits is then comparing probabilities. */
export function logitCutoff(threshold: number): number {
  const limit = Math.fround(threshold);
  let [low, high] = [-100, 100];
  while (Math.fround(low) < Math.fround(high)) {
    const middle = Math.fround((low + high) / 2);
    if (middle === Math.fround(low) || middle === Math.fround(high)) break;
    if (sigmoid(middle) > limit) high = middle;
    else low = middle;
  }
  return Math.fround(low);
}
