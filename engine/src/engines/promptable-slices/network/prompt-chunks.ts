import type { PromptableSlicesModel } from '@parse3d/contract';
import { groupBy } from '../../group-by.js';
import { CHUNK_PROMPTS, type PromptChunk } from './network.js';
import type { TextFeatures } from './text.js';

/**
 * Divides prompts into decoder runs. `longest`: shorter prompts are followed by zeros up to the longest of the whole job,
 * however it is divided, as the published decoder attends to that padding. `isolated`: prompts of equal length together.
 * @param prompts places in `texts`
 */
export function promptChunks(
  texts: readonly TextFeatures[],
  prompts: readonly number[],
  padding: PromptableSlicesModel['promptPadding'],
): PromptChunk[] {
  const lengthOf = (prompt: number): number => texts[prompt]?.length ?? 0;
  const longest = Math.max(...texts.map(({ length }) => length));
  const groups = groupBy(prompts, (prompt) => (padding === 'longest' ? longest : lengthOf(prompt)));
  return [...groups].flatMap(([length, members]) => {
    const chunks = Math.ceil(members.length / CHUNK_PROMPTS);
    return Array.from({ length: chunks }, (_, n) =>
      chunkOf(texts, members.slice(n * CHUNK_PROMPTS, (n + 1) * CHUNK_PROMPTS), length),
    );
  });
}

/** Tokens [L, P, C]. */
function chunkOf(texts: readonly TextFeatures[], prompts: readonly number[], length: number): PromptChunk {
  const channels = texts[0]?.channels ?? 0;
  const data = new Float32Array(length * prompts.length * channels);
  prompts.forEach((prompt, p) => {
    const text = texts[prompt];
    if (text === undefined) return;
    for (let token = 0; token < text.length; token++) {
      const features = text.data.subarray(token * channels, (token + 1) * channels);
      data.set(features, (token * prompts.length + p) * channels);
    }
  });
  return { prompts, tokens: { type: 'float32', data, shape: [length, prompts.length, channels] } };
}
