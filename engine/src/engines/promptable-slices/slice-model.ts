import type { PromptableSlicesModel } from '@parse3d/shared/contract';
import { Problem } from '@parse3d/shared/problems';
import type { EngineOptions, LoadedPack } from '../../types.js';
import { openSession, type Session, type Tensor } from '../onnx.js';
import { layerNoise } from './noise.js';
import { openText, type TextEncoder3d } from './text.js';

/** Prompts in one run of the decoder: its work on the image is done once per run. */
const PROMPTS_PER_RUN = 64;

/** What the decoder says of some slices and prompts, slice by slice. */
export interface Decoded {
  /** One mask of maskSize × maskSize logits per slice and prompt. */
  mask(slice: number, prompt: number): Float32Array;
  /** One logit per slice and prompt. */
  existence(slice: number, prompt: number): number;
}

/** The graphs of a pack, opened once. */
export class SliceModel {
  readonly text: TextEncoder3d;
  readonly #model: PromptableSlicesModel;
  readonly #sessions: { readonly text: Session; readonly image: Session; readonly decoder: Session };
  /** The last seed's noise: drawn once, shared by all slices and prompts. */
  #noise: { seed: number; tensors: Record<string, Tensor> } | undefined;

  private constructor(
    model: PromptableSlicesModel,
    text: TextEncoder3d,
    sessions: { readonly text: Session; readonly image: Session; readonly decoder: Session },
  ) {
    this.#model = model;
    this.text = text;
    this.#sessions = sessions;
  }

  static async open(loaded: LoadedPack, model: PromptableSlicesModel, options: EngineOptions): Promise<SliceModel> {
    const sessions = {
      text: await openSession(loaded.file(model.textEncoder), options),
      image: await openSession(loaded.file(model.imageEncoder), options),
      decoder: await openSession(loaded.file(model.decoder), options),
    };
    return new SliceModel(model, await openText(loaded, model, sessions.text), sessions);
  }

  /**
   * Runs `count` slices against prompts given as token groups.
   *
   * @param image normalised float32 [count, 3, S, S]
   * @param tokens tokens [L, P, C], one tensor per group of at most PROMPTS_PER_RUN prompts
   */
  async run(image: Float32Array, count: number, tokens: readonly Tensor[], seed: number): Promise<Decoded> {
    const size = this.#model.imageSize;
    const features = await this.#sessions.image.run({
      image: { type: 'float32', data: image, shape: [count, 3, size, size] },
    });
    const wanted = new Set(this.#sessions.decoder.inputs.map(({ name }) => name));
    const shared = Object.fromEntries(Object.entries(features).filter(([name]) => wanted.has(name)));
    const groups: { masks: Float32Array; existence: Float32Array; prompts: number }[] = [];
    for (const group of tokens) {
      const prompts = group.shape[1] ?? 0;
      const results = await this.#sessions.decoder.run({ ...shared, tokens: group, ...this.#noiseOf(seed) });
      groups.push({ ...this.#check(results, count * prompts), prompts });
    }
    const area = this.#model.maskSize ** 2;
    const locate = (prompt: number) => {
      const group = groups[Math.floor(prompt / PROMPTS_PER_RUN)];
      if (group === undefined) throw new RangeError(`there is no prompt ${prompt}`);
      return { group, column: prompt % PROMPTS_PER_RUN };
    };
    return {
      mask(slice, prompt) {
        const { group, column } = locate(prompt);
        const row = slice * group.prompts + column;
        return group.masks.subarray(row * area, (row + 1) * area);
      },
      existence(slice, prompt) {
        const { group, column } = locate(prompt);
        return group.existence[slice * group.prompts + column] ?? Number.NEGATIVE_INFINITY;
      },
    };
  }

  /** Tokens of all texts in groups that fit one run of the decoder, and which texts were cut. */
  async tokens(texts: readonly string[]): Promise<{ groups: Tensor[]; cut: boolean[] }> {
    const groups: Tensor[] = [];
    const cut: boolean[] = [];
    for (let first = 0; first < texts.length; first += PROMPTS_PER_RUN) {
      const group = await this.text.tokens(texts.slice(first, first + PROMPTS_PER_RUN));
      groups.push(group.tokens);
      cut.push(...group.cut);
    }
    return { groups, cut };
  }

  async close(): Promise<void> {
    await Promise.all(Object.values(this.#sessions).map((session) => session.close()));
  }

  #check(results: Record<string, Tensor>, rows: number): { masks: Float32Array; existence: Float32Array } {
    const { mask_logits: masks, existence } = results;
    const expected = rows * this.#model.maskSize ** 2;
    if (masks?.type !== 'float32' || masks.data.length !== expected) {
      throw new Problem(
        'inference-failed',
        `expected ${expected} mask logits from the decoder, got ${masks?.data.length ?? 0}`,
      );
    }
    if (existence?.type !== 'float32' || existence.data.length !== rows) {
      throw new Problem(
        'inference-failed',
        `expected ${rows} existence logits from the decoder, got ${existence?.data.length ?? 0}`,
      );
    }
    return { masks: masks.data, existence: existence.data };
  }

  #noiseOf(seed: number): Record<string, Tensor> {
    if (this.#noise?.seed !== seed) {
      const tensors = this.#model.noise.map(({ input, shape }, layer) => {
        const data = layerNoise(seed, layer, shape[0] * shape[1] * shape[2]);
        return [input, { type: 'float32', data, shape }] as const;
      });
      this.#noise = { seed, tensors: Object.fromEntries(tensors) };
    }
    return this.#noise.tensors;
  }
}
