/** Masks that overlap a better one by more than this share of their union are dropped. */
const MAX_IOU = 0.5;
/** Scores below this are dropped. */
const MIN_SCORE = 0.5;

/**
 * Non-maximum suppression of one slice's masks by existence score, best first, the first of equals before the others.
 *
 * @param masks probabilities per prompt on the model's grid; a pixel belongs to a mask above 0.5
 * @param scores existence per prompt, 0 to 1
 * @returns for each prompt whether its mask stays
 */
export function suppress(masks: readonly Float32Array[], scores: readonly number[]): boolean[] {
  const kept: number[] = [];
  const order = scores
    .map((score, prompt) => ({ score, prompt }))
    .filter(({ score, prompt }) => score >= MIN_SCORE && hasPixel(masks[prompt]))
    .sort((a, b) => b.score - a.score || a.prompt - b.prompt);
  for (const { prompt } of order) {
    const mask = masks[prompt];
    if (mask !== undefined && kept.every((other) => iou(mask, masks[other]) <= MAX_IOU)) kept.push(prompt);
  }
  return masks.map((_, prompt) => kept.includes(prompt));
}

function hasPixel(mask: Float32Array | undefined): boolean {
  return mask?.some((probability) => probability > 0.5) ?? false;
}

function iou(a: Float32Array, b: Float32Array | undefined): number {
  if (b === undefined) return 0;
  let both = 0;
  let either = 0;
  for (let n = 0; n < a.length; n++) {
    const inA = (a[n] ?? 0) > 0.5;
    const inB = (b[n] ?? 0) > 0.5;
    if (inA && inB) both++;
    if (inA || inB) either++;
  }
  return either === 0 ? 0 : both / either;
}
