/** The best prompt of each pixel: background unless one is above the threshold, of equals the first prompt. */
export class BestPrompts {
  /** Index of the prompt plus 1; 0 is background. */
  readonly winner: Uint16Array;
  readonly best: Float32Array;
  #empty = true;

  constructor(pixels: number) {
    this.winner = new Uint16Array(pixels);
    this.best = new Float32Array(pixels);
  }

  get empty(): boolean {
    return this.#empty;
  }

  clear(): void {
    if (!this.#empty) this.winner.fill(0);
    this.#empty = true;
  }

  offer(pixel: number, prompt: number, probability: number): void {
    const current = this.winner[pixel];
    const best = this.best[pixel];
    if (current !== 0 && (probability < best || (probability === best && prompt >= current - 1))) return;
    this.winner[pixel] = prompt + 1;
    this.best[pixel] = probability;
    this.#empty = false;
  }
}
