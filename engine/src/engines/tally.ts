import { Problem } from '@parse3d/contract/problems';
import type { Labels } from '../steps/step.js';
import type { KeptRegions } from './keep-regions.js';
import type { Regions } from './regions.js';

/** Voxels looked at together: few enough that all channels of a block stay in the processor's cache. */
const BLOCK = 2048;

/** A run of neighbouring voxels: channel c of its voxel v is `data[start + c * stride + v]`. */
export interface ScoreRun {
  readonly data: Float32Array;
  readonly start: number;
  readonly stride: number;
  readonly voxels: number;
  /** Logits, weights in proportion to the probabilities, or logits of nested regions: of channels 1, 2 … then. */
  readonly kind: 'logits' | 'weights' | 'nested';
  /** The run's first voxel in the grid. */
  readonly at: number;
}

interface Stats {
  voxels: number;
  sum: number;
  max: number;
}

function count(stats: Stats, probability: number): void {
  stats.voxels++;
  stats.sum += probability;
  stats.max = Math.max(stats.max, probability);
}

export interface TallyOptions {
  /** Probability maps will be asked for. */
  readonly maps: boolean;
  /** Probabilities inside of the masks will be asked for, part by part. */
  readonly inside: boolean;
  /** 1 for voxels of the grid without a value, which belong to nothing and are not counted. */
  readonly missing?: Uint8Array | undefined;
}

/**
 * Turns the scores of exclusive classes into regions, and sums up what the findings say about each prompt, without ever
 * holding a probability volume that nobody asked for.
 */
export class Tally {
  /** Region per voxel of the grid. */
  readonly regions: Labels;
  /** Probabilities per prompt on the grid, when they are kept. */
  readonly maps: readonly Float32Array[] | undefined;
  /** Probability of each voxel for the first, second … prompt of its region, when parts may be taken out later. */
  readonly #inside: readonly Float32Array[];
  readonly #rules: Regions;
  readonly #channels: number;
  readonly #promptsOfChannel: readonly (readonly number[])[];
  readonly #stats: Stats[];
  readonly #best = new Float32Array(BLOCK);
  readonly #arg = new Uint16Array(BLOCK);
  readonly #picked = new Uint16Array(BLOCK);
  readonly #total = new Float64Array(BLOCK);
  readonly #share: readonly Float64Array[];
  readonly #missing: Uint8Array | undefined;

  constructor(voxels: number, rules: Regions, prompts: number, keep: TallyOptions = { maps: false, inside: false }) {
    this.#rules = rules;
    this.#missing = keep.missing;
    this.#channels = rules.ofChannel.length;
    this.#promptsOfChannel = [...rules.ofChannel].map((region) => rules.prompts[region] ?? []);
    this.regions = rules.prompts.length <= 256 ? new Uint8Array(voxels) : new Uint16Array(voxels);
    this.maps = keep.maps ? Array.from({ length: prompts }, () => new Float32Array(voxels)) : undefined;
    const most = rules.prompts.reduce((count, owners) => Math.max(count, owners.length), 0);
    this.#inside = keep.inside ? Array.from({ length: most }, () => new Float32Array(voxels)) : [];
    this.#stats = Array.from({ length: prompts }, () => ({ voxels: 0, sum: 0, max: 0 }));
    this.#share = Array.from({ length: prompts }, () => new Float64Array(BLOCK));
  }

  /**
   * Mean and highest probability of each prompt over its mask; null when the mask is empty.
   * @param kept what stays of `regions`; probabilities inside must have been kept when it is less
   */
  probabilities(kept: Pick<KeptRegions, 'regionMap' | 'regions'>): ({ mean: number; max: number } | null)[] {
    const stats = kept.regionMap === this.regions ? this.#stats : this.#statsOf(kept);
    return stats.map(({ voxels, sum, max }) =>
      voxels === 0 ? null : { mean: Math.min(1, sum / voxels), max: Math.min(1, max) },
    );
  }

  #statsOf({ regionMap, regions }: Pick<KeptRegions, 'regionMap' | 'regions'>): Stats[] {
    const out = this.#stats.map((): Stats => ({ voxels: 0, sum: 0, max: 0 }));
    for (let n = 0; n < regionMap.length; n++) {
      const region = regionMap[n];
      if (region === 0) continue;
      const owners = this.#rules.prompts[this.regions[n]] ?? [];
      for (const prompt of regions.prompts[region] ?? []) {
        const stats = out[prompt];
        if (stats !== undefined) count(stats, this.#inside[owners.indexOf(prompt)]?.[n] ?? 0);
      }
    }
    return out;
  }

  add(run: ScoreRun): void {
    for (let from = 0; from < run.voxels; from += BLOCK) {
      const voxels = Math.min(BLOCK, run.voxels - from);
      this.#addBlock({ ...run, start: run.start + from, at: run.at + from, voxels });
    }
  }

  #addBlock(block: ScoreRun): void {
    this.#findBest(block);
    const picked = this.#pick(block);
    if (picked === 0) return;
    this.#sumShares(block, picked);
    this.#record(block, picked);
  }

  /** The highest channel of each voxel, of equals the first; of nested regions the last one above 0. */
  #findBest({ data, start, stride, voxels, kind }: ScoreRun): void {
    const nested = kind === 'nested';
    const best = this.#best;
    const arg = this.#arg;
    best.fill(nested ? 0 : -Infinity, 0, voxels);
    arg.fill(0, 0, voxels);
    let check = 0;
    const skipped = nested ? 1 : 0;
    for (let channel = skipped; channel < this.#channels; channel++) {
      const row = start + (channel - skipped) * stride;
      for (let v = 0; v < voxels; v++) {
        const score = data[row + v];
        check += score - score;
        if (score > best[v]) {
          if (!nested) best[v] = score;
          arg[v] = channel;
        }
      }
    }
    if (check !== 0) {
      throw new Problem('inference-failed', 'expected finite numbers from the graph, it gave infinity or not-a-number');
    }
  }

  /** Writes the regions, and lists the voxels whose probabilities somebody needs. */
  #pick({ at, voxels }: ScoreRun): number {
    const { ofChannel } = this.#rules;
    const all = this.maps !== undefined;
    let picked = 0;
    for (let v = 0; v < voxels; v++) {
      if (this.#missing?.[at + v] === 1) continue;
      const region = ofChannel[this.#arg[v]];
      this.regions[at + v] = region;
      if (region !== 0 || all) this.#picked[picked++] = v;
    }
    return picked;
  }

  /** Unnormalised probabilities: of all channels together, and of each prompt. */
  #sumShares(block: ScoreRun, picked: number): void {
    const { data, start, stride, kind } = block;
    if (kind === 'nested') return this.#sumNested(block, picked);
    this.#total.fill(0, 0, picked);
    for (const share of this.#share) share.fill(0, 0, picked);
    for (let channel = 0; channel < this.#channels; channel++) {
      const row = start + channel * stride;
      const shares = (this.#promptsOfChannel[channel] ?? []).flatMap((prompt) => this.#share[prompt] ?? []);
      for (let n = 0; n < picked; n++) {
        const v = this.#picked[n];
        const score = data[row + v];
        const weight = kind === 'logits' ? Math.exp(score - this.#best[v]) : score;
        this.#total[n] = this.#total[n] + weight;
        for (const share of shares) share[n] = share[n] + weight;
      }
    }
  }

  /** A voxel is of a class where that class is inside and none of the later ones is. */
  #sumNested({ data, start, stride }: ScoreRun, picked: number): void {
    const left = this.#total.fill(1, 0, picked);
    for (const share of this.#share) share.fill(0, 0, picked);
    for (let channel = this.#channels - 1; channel >= 0; channel--) {
      const row = start + (channel - 1) * stride;
      const shares = (this.#promptsOfChannel[channel] ?? []).flatMap((prompt) => this.#share[prompt] ?? []);
      for (let n = 0; n < picked; n++) {
        const inside = channel === 0 ? 1 : 1 / (1 + Math.exp(-data[row + this.#picked[n]]));
        for (const share of shares) share[n] = share[n] + left[n] * inside;
        left[n] = left[n] * (1 - inside);
      }
    }
    this.#total.fill(1, 0, picked);
  }

  #record({ at }: ScoreRun, picked: number): void {
    for (let n = 0; n < picked; n++) {
      const voxel = at + this.#picked[n];
      const total = this.#total[n];
      const owners = this.#rules.prompts[this.regions[voxel]] ?? [];
      for (let nth = 0; nth < owners.length; nth++) {
        const prompt = owners[nth] ?? 0;
        const stats = this.#stats[prompt];
        if (stats === undefined) continue;
        const probability = total > 0 ? (this.#share[prompt]?.[n] ?? 0) / total : 0;
        count(stats, probability);
        const inside = this.#inside[nth];
        if (inside !== undefined) inside[voxel] = probability;
      }
      this.maps?.forEach((map, prompt) => {
        map[voxel] = total > 0 ? (this.#share[prompt]?.[n] ?? 0) / total : 0;
      });
    }
  }
}
