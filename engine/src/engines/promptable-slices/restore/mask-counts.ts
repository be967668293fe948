/** Voxels of each prompt's mask, and their probabilities. */
export class MaskCounts {
  readonly voxels: Float64Array;
  readonly sum: Float64Array;
  readonly max: Float64Array;

  constructor(prompts: number) {
    this.voxels = new Float64Array(prompts);
    this.sum = new Float64Array(prompts);
    this.max = new Float64Array(prompts);
  }

  add(prompt: number, voxels: number, sum: number, max: number): void {
    this.voxels[prompt] = this.voxels[prompt] + voxels;
    this.sum[prompt] = this.sum[prompt] + sum;
    this.max[prompt] = Math.max(this.max[prompt], max);
  }
}
