import { readFile } from 'node:fs/promises';
import { Tokenizer } from '@huggingface/tokenizers';
import type { PromptableSlicesModel } from '@parse3d/shared/contract';
import { Problem } from '@parse3d/shared/problems';
import type { LoadedPack } from '../../types.js';
import type { Session, Tensor } from '../onnx.js';

/** A prompt as the text encoder takes it. */
export interface TokenizedPrompt {
  /** Begin and end token included, not padded. */
  readonly ids: readonly number[];
  /** True when the text had more tokens than the model reads. */
  readonly cut: boolean;
}

/** Texts whose features are kept, over all jobs. */
const KEPT_TEXTS = 512;

/** Straight quotes, as the training texts had them; packs need not bring a rule for it. */
function straighten(text: string): string {
  return text.replace(/[‘’‚‛ʼ]/g, "'").replace(/[“”„‟]/g, '"');
}

/** Turns texts into ids by the pack's tokenizer.json. */
export class PromptTokenizer {
  readonly #tokenizer: Tokenizer;
  readonly #contextLength: number;

  private constructor(tokenizer: Tokenizer, contextLength: number) {
    this.#tokenizer = tokenizer;
    this.#contextLength = contextLength;
  }

  /** @throws Problem `pack-invalid` when the file is no tokenizer */
  static async open(path: string, contextLength: number): Promise<PromptTokenizer> {
    try {
      const json: object = JSON.parse(await readFile(path, 'utf8'));
      return new PromptTokenizer(new Tokenizer(json, {}), contextLength);
    } catch (error) {
      throw new Problem('pack-invalid', `${path} is no tokenizer: ${String(error)}`, { path }, { cause: error });
    }
  }

  encode(text: string): TokenizedPrompt {
    const { ids } = this.#tokenizer.encode(straighten(text));
    const end = ids.at(-1);
    if (ids.length <= this.#contextLength || end === undefined) return { ids, cut: false };
    return { ids: [...ids.slice(0, this.#contextLength - 1), end], cut: true };
  }
}

/** Features of prompts, computed once per text and kept. */
export class TextEncoder3d {
  readonly #tokenizer: PromptTokenizer;
  readonly #session: Session;
  readonly #contextLength: number;
  readonly #features = new Map<string, { data: Float32Array; channels: number; prompt: TokenizedPrompt }>();

  constructor(tokenizer: PromptTokenizer, session: Session, contextLength: number) {
    this.#tokenizer = tokenizer;
    this.#session = session;
    this.#contextLength = contextLength;
  }

  /**
   * Tokens [L, P, C] for the decoder, and which texts were cut. L is the length of the longest prompt: shorter ones are
   * followed by zeros, which the published decoder attends to as well.
   */
  async tokens(texts: readonly string[]): Promise<{ tokens: Tensor; cut: readonly boolean[] }> {
    const encoded = [];
    for (const text of texts) encoded.push(await this.#encode(text));
    const length = Math.max(...encoded.map(({ prompt }) => prompt.ids.length));
    const channels = encoded[0]?.channels ?? 0;
    const data = new Float32Array(length * texts.length * channels);
    encoded.forEach((entry, p) => {
      for (let token = 0; token < Math.min(length, entry.prompt.ids.length); token++) {
        const features = entry.data.subarray(token * channels, (token + 1) * channels);
        data.set(features, (token * texts.length + p) * channels);
      }
    });
    return {
      tokens: { type: 'float32', data, shape: [length, texts.length, channels] },
      cut: encoded.map(({ prompt }) => prompt.cut),
    };
  }

  async #encode(text: string): Promise<{ data: Float32Array; channels: number; prompt: TokenizedPrompt }> {
    const known = this.#features.get(text);
    if (known !== undefined) return known;
    const prompt = this.#tokenizer.encode(text);
    const padding = prompt.ids.at(-1) ?? 0;
    const ids = BigInt64Array.from({ length: this.#contextLength }, (_, n) => BigInt(prompt.ids[n] ?? padding));
    const mask = BigInt64Array.from({ length: this.#contextLength }, (_, n) => (n < prompt.ids.length ? 1n : 0n));
    const shape = [1, this.#contextLength];
    const results = await this.#session.run({
      input_ids: { type: 'int64', data: ids, shape },
      attention_mask: { type: 'int64', data: mask, shape },
    });
    const tokens = results['tokens'];
    if (tokens?.type !== 'float32' || tokens.shape.length !== 3) {
      throw new Problem('inference-failed', 'expected float32 tokens [P, L, C] from the text encoder');
    }
    const entry = { data: tokens.data, channels: tokens.shape[2] ?? 0, prompt };
    if (this.#features.size >= KEPT_TEXTS) this.#features.clear();
    this.#features.set(text, entry);
    return entry;
  }
}

/** The tokenizer and text encoder of a pack. */
export async function openText(
  loaded: LoadedPack,
  model: PromptableSlicesModel,
  session: Session,
): Promise<TextEncoder3d> {
  const tokenizer = await PromptTokenizer.open(loaded.file(model.tokenizer), model.contextLength);
  return new TextEncoder3d(tokenizer, session, model.contextLength);
}
