import type { PromptableSlicesModel } from '@parse3d/contract';
import { LRUCache } from 'lru-cache';
import type { Tensor } from '../../onnx.js';

// Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", 2011): the number at a place depends on
// the seed and the place alone, so that every slice, pass and machine sees the same noise. The exporter draws the same.
const M0 = 0xd2511f53;
const M1 = 0xcd9e8d57;
const W0 = 0x9e3779b9;
const W1 = 0xbb67ae85;

/** High 32 bits of the product of two 32-bit numbers. */
function mulHigh(a: number, b: number): number {
  const a0 = a & 0xffff;
  const a1 = a >>> 16;
  const b0 = b & 0xffff;
  const b1 = b >>> 16;
  const middle = a1 * b0 + ((a0 * b0) >>> 16);
  const carry = a0 * b1 + (middle & 0xffff);
  return (a1 * b1 + Math.floor(middle / 65_536) + Math.floor(carry / 65_536)) >>> 0;
}

/** One block of four words for a counter and a key. */
export function philox(
  counter: readonly [number, number, number, number],
  key: readonly [number, number],
): [number, number, number, number] {
  const words = Uint32Array.from(counter);
  mix(words, key[0], key[1]);
  const [a = 0, b = 0, c = 0, d = 0] = words;
  return [a, b, c, d];
}

/** Replaces the four words of a counter by those of its block. */
function mix(words: Uint32Array, key0: number, key1: number): void {
  let [c0 = 0, c1 = 0, c2 = 0, c3 = 0] = words;
  let k0 = key0;
  let k1 = key1;
  for (let round = 0; round < 10; round++) {
    const high0 = mulHigh(M0, c0);
    const high1 = mulHigh(M1, c2);
    const low0 = Math.imul(M0, c0) >>> 0;
    const low1 = Math.imul(M1, c2) >>> 0;
    c0 = (high1 ^ c1 ^ k0) >>> 0;
    c1 = low1;
    c2 = (high0 ^ c3 ^ k1) >>> 0;
    c3 = low0;
    k0 = (k0 + W0) >>> 0;
    k1 = (k1 + W1) >>> 0;
  }
  words[0] = c0;
  words[1] = c1;
  words[2] = c2;
  words[3] = c3;
}

/**
 * Uniform numbers in [0, 1) for one layer of the decoder: 24 bits each, exact in float32.
 * @param seed whole, 0 to 2^53 - 1
 */
export function layerNoise(seed: number, layer: number, count: number): Float32Array {
  const key0 = seed >>> 0;
  const key1 = Math.floor(seed / 2 ** 32) >>> 0;
  const noise = new Float32Array(count);
  const words = new Uint32Array(4);
  for (let block = 0; block * 4 < count; block++) {
    words[0] = block;
    words[1] = layer;
    words[2] = 0;
    words[3] = 0;
    mix(words, key0, key1);
    for (let n = 0; n < 4; n++) noise[block * 4 + n] = (words[n] >>> 8) * 2 ** -24;
  }
  return noise;
}

/** The decoder's noise inputs for seeds, drawn once; the last two seeds are kept for the next job. */
export class NoiseSource {
  static readonly #KEPT = 2;
  readonly #layers: PromptableSlicesModel['noise'];
  readonly #drawn = new LRUCache<number, Record<string, Tensor>>({ max: NoiseSource.#KEPT });

  constructor(layers: PromptableSlicesModel['noise']) {
    this.#layers = layers;
  }

  /** Whether the decoder samples at all. */
  get samples(): boolean {
    return this.#layers.length > 0;
  }

  of(seed: number): Record<string, Tensor> {
    const known = this.#drawn.get(seed);
    if (known !== undefined) return known;
    const drawn = Object.fromEntries(
      this.#layers.map(({ input, shape }, layer): [string, Tensor] => {
        const data = layerNoise(seed, layer, shape[0] * shape[1] * shape[2]);
        return [input, { type: 'float32', data, shape }];
      }),
    );
    this.#drawn.set(seed, drawn);
    return drawn;
  }
}
