import type { OnProgress } from '../../types.js';
import { throwIfCanceled } from '../cancel.js';
import type { Tensor } from '../onnx.js';
import { fitSlices, type SliceFit } from './fit-slices.js';
import { antialiasedPlan, resizeSquare, type ResizePlan } from './resize.js';
import type { SliceSink } from './sink.js';
import type { PromptablePack, SliceModel } from './slice-model.js';
import { neighbours, type SliceStack } from './slice-stack.js';
import { suppress } from './suppression.js';

/** Slices that share one run of the image encoder: many small ones, one large one. */
const PIXELS_PER_RUN = 512 * 512;

/** Prompts that look at the volume with the same intensities. */
export interface Group {
  readonly prompts: readonly number[];
  readonly tokens: readonly Tensor[];
  /** Grey values of one slice. */
  readonly read: (slice: number) => Float32Array;
}

export interface SliceRun {
  readonly model: SliceModel;
  readonly pack: PromptablePack;
  readonly stack: SliceStack;
  readonly groups: readonly Group[];
  readonly sink: SliceSink;
  readonly seed: number;
  readonly prompts: number;
  readonly onProgress: OnProgress;
  readonly signal: AbortSignal;
}

/** Runs every slice and hands its probabilities to the sink. Returns the highest existence of each prompt, 0 to 1. */
export async function runSlices(run: SliceRun): Promise<number[]> {
  const { pack, stack, groups, sink } = run;
  const { imageSize, maskSize, suppression } = pack.model;
  const fit = fitSlices(stack.height, stack.width, pack.model);
  const upsample = maskSize === imageSize ? undefined : antialiasedPlan(maskSize, imageSize);
  const perRun = Math.max(1, Math.floor(PIXELS_PER_RUN / imageSize ** 2));
  const nothing = new Float32Array(imageSize ** 2);
  const highest = new Array<number>(run.prompts).fill(0);
  run.onProgress({ stage: 'infer', done: 0, total: stack.depth });
  for (let first = 0; first < stack.depth; first += perRun) {
    throwIfCanceled(run.signal);
    const count = Math.min(perRun, stack.depth - first);
    const slices = Array.from({ length: count }, () => emptyFindings(run.prompts, nothing));
    for (const group of groups) {
      const decoded = await run.model.run(stackImages(group, fit, run, first, count), count, group.tokens, run.seed);
      slices.forEach(({ scores, masks }, slice) => {
        group.prompts.forEach((prompt, column) => {
          const score = sigmoid(decoded.existence(slice, column));
          scores[prompt] = score;
          if (score > 0.5) masks[prompt] = probabilitiesOf(decoded.mask(slice, column), upsample);
        });
      });
    }
    slices.forEach(({ scores, masks }, slice) => {
      scores.forEach((score, prompt) => (highest[prompt] = Math.max(highest[prompt] ?? 0, score)));
      if (suppression === 'iou' && run.prompts > 1) {
        suppress(masks, scores).forEach((stays, prompt) => {
          if (!stays) masks[prompt]?.fill(0);
        });
      }
      sink.add(first + slice, fit.back, masks);
    });
    run.onProgress({ stage: 'infer', done: first + count, total: stack.depth });
  }
  return highest;
}

/** Scores and probabilities of one slice, per prompt; all share one array of noughts until something is found. */
function emptyFindings(prompts: number, nothing: Float32Array): { scores: number[]; masks: Float32Array[] } {
  return {
    scores: new Array<number>(prompts).fill(0),
    masks: new Array<Float32Array>(prompts).fill(nothing),
  };
}

/** Slice, previous and next as three channels, normalised: float32 [count, 3, S, S]. */
function stackImages(
  group: Group,
  fit: SliceFit,
  { pack, stack }: SliceRun,
  first: number,
  count: number,
): Float32Array {
  const { imageSize, normalise } = pack.model;
  const area = imageSize ** 2;
  const out = new Float32Array(count * 3 * area);
  const fitted = new Map<number, Float32Array>();
  const at = (slice: number): Float32Array => {
    const known = fitted.get(slice) ?? fit.toModel(group.read(slice));
    fitted.set(slice, known);
    return known;
  };
  for (let n = 0; n < count; n++) {
    const slice = first + n;
    [slice, ...neighbours(slice, stack.depth)].forEach((source, channel) => {
      const grey = at(source);
      const start = (n * 3 + channel) * area;
      for (let p = 0; p < area; p++) out[start + p] = ((grey[p] ?? 0) - normalise.mean) / normalise.std;
    });
  }
  return out;
}

function probabilitiesOf(logits: Float32Array, upsample: ResizePlan | undefined): Float32Array {
  const mask = upsample === undefined ? Float32Array.from(logits) : resizeSquare(logits, upsample);
  for (let n = 0; n < mask.length; n++) mask[n] = sigmoid(mask[n] ?? 0);
  return mask;
}

function sigmoid(logit: number): number {
  return 1 / (1 + Math.exp(-logit));
}
