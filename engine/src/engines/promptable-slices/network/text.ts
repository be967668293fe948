import { readFile } from 'node:fs/promises';
import { Tokenizer } from '@huggingface/tokenizers';
import { Problem } from '@parse3d/contract/problems';
import { LRUCache } from 'lru-cache';
import type { Session } from '../../onnx.js';

/** A prompt as the text encoder takes it. */
export interface TokenizedPrompt {
  /** Begin and end token included, not padded. */
  readonly ids: readonly number[];
  /** True when the text had more tokens than the model reads. */
  readonly cut: boolean;
}

/** Texts whose features are kept, over all jobs: some 20 kB each at 512 channels. */
const KEPT_TEXTS = 512;

/** Straight quotes and apostrophes, as the training texts had them. */
function straighten(text: string): string {
  return text.replace(/[‘’‚‛ʼ′]/g, "'").replace(/[“”„‟″]/g, '"');
}

/** Turns texts into ids by a pack's tokenizer.json. */
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
      const json: unknown = JSON.parse(await readFile(path, 'utf8'));
      if (typeof json !== 'object' || json === null) throw new Error('expected an object');
      return new PromptTokenizer(new Tokenizer(json, {}), contextLength);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new Problem('pack-invalid', `${path} is no tokenizer: ${reason}`, { path }, { cause: error });
    }
  }

  /** What is beyond the context length is cut, the end token kept. */
  encode(text: string): TokenizedPrompt {
    const { ids } = this.#tokenizer.encode(straighten(text));
    const end = ids.at(-1);
    if (ids.length <= this.#contextLength || end === undefined) return { ids, cut: false };
    return { ids: [...ids.slice(0, this.#contextLength - 1), end], cut: true };
  }
}

/** What the text encoder says of one prompt, at the positions that are not padding. */
export interface TextFeatures {
  /** [length][channels] */
  readonly data: Float32Array;
  readonly length: number;
  readonly channels: number;
  readonly cut: boolean;
}

/** Features of prompts, computed once per text; those used last are kept for the jobs that follow. */
export class TextFeatureSource {
  readonly #tokenizer: PromptTokenizer;
  readonly #session: Session;
  readonly #contextLength: number;
  readonly #kept = new LRUCache<string, TextFeatures>({ max: KEPT_TEXTS });

  constructor(tokenizer: PromptTokenizer, session: Session, contextLength: number) {
    this.#tokenizer = tokenizer;
    this.#session = session;
    this.#contextLength = contextLength;
  }

  async of(text: string): Promise<TextFeatures> {
    const features = this.#kept.get(text) ?? (await this.#encode(text));
    this.#kept.set(text, features);
    return features;
  }

  /** One text per run: the features of a prompt then never depend on its company. */
  async #encode(text: string): Promise<TextFeatures> {
    const { ids, cut } = this.#tokenizer.encode(text);
    const padding = ids.at(-1) ?? 0;
    const shape = [1, this.#contextLength];
    const inputIds = BigInt64Array.from({ length: this.#contextLength }, (_, n) => BigInt(ids[n] ?? padding));
    const mask = BigInt64Array.from({ length: this.#contextLength }, (_, n) => (n < ids.length ? 1n : 0n));
    const { tokens } = await this.#session.run({
      input_ids: { type: 'int64', data: inputIds, shape },
      attention_mask: { type: 'int64', data: mask, shape },
    });
    const channels = tokens?.shape[2];
    if (tokens?.type !== 'float32' || channels === undefined || tokens.shape[1] !== this.#contextLength) {
      throw new Problem(
        'inference-failed',
        `expected float32 tokens [1, ${this.#contextLength}, channels] from the text encoder, got ${tokens?.type ?? 'nothing'} ${tokens?.shape.join('×') ?? ''}`,
      );
    }
    return { data: tokens.data.slice(0, ids.length * channels), length: ids.length, channels, cut };
  }
}
