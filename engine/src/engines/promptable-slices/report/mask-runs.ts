import type { Shape } from '@parse3d/volume/geometry';

/** Voxels of one mask as runs along i, in memory order: a few bytes a row of the mask. */
export class MaskRuns {
  #runs = new Uint32Array(512);
  #count = 0;

  get count(): number {
    return this.#count;
  }

  /** Runs come in memory order and do not go beyond the end of a row. */
  push(start: number, length: number): void {
    if (this.#count * 2 === this.#runs.length) {
      const larger = new Uint32Array(this.#runs.length * 2);
      larger.set(this.#runs);
      this.#runs = larger;
    }
    this.#runs[this.#count * 2] = start;
    this.#runs[this.#count * 2 + 1] = length;
    this.#count++;
  }

  start(run: number): number {
    return this.#runs[run * 2];
  }

  length(run: number): number {
    return this.#runs[run * 2 + 1];
  }

  /** The mask in pieces of whole planes. */
  *pieces([ni, nj, nk]: Shape): Generator<Uint8Array> {
    const plane = ni * nj;
    for (let k = 0, run = 0; k < nk; k++) {
      const piece = new Uint8Array(plane);
      for (; run < this.#count && this.start(run) < (k + 1) * plane; run++) {
        const at = this.start(run) - k * plane;
        piece.fill(1, at, at + this.length(run));
      }
      yield piece;
    }
  }
}

/** Told of each run of a mask, with the sum and the maximum of the values inside. */
export type OnValues = (sum: number, max: number) => void;

/** Finds the runs of what lies above a threshold, piece by piece; pieces follow each other in memory order. */
export class RunFinder {
  readonly runs = new MaskRuns();
  readonly #row: number;
  readonly #threshold: number;
  readonly #onValues: OnValues | undefined;
  #at = 0;
  /** Of the run that is open: its length is 0 when none is. */
  #length = 0;
  #sum = 0;
  #max = 0;

  constructor([ni]: Shape, threshold: number, onValues?: OnValues) {
    this.#row = ni;
    this.#threshold = Math.fround(threshold);
    this.#onValues = onValues;
  }

  add(piece: Float32Array | Uint8Array): void {
    let column = this.#at % this.#row;
    for (let n = 0; n < piece.length; n++) {
      const value = piece[n];
      if (value > this.#threshold) {
        this.#length++;
        this.#sum += value;
        if (value > this.#max) this.#max = value;
      } else if (this.#length > 0) this.#end(this.#at + n);
      if (++column === this.#row) {
        column = 0;
        if (this.#length > 0) this.#end(this.#at + n + 1);
      }
    }
    this.#at += piece.length;
  }

  #end(at: number): void {
    this.runs.push(at - this.#length, this.#length);
    this.#onValues?.(this.#sum, this.#max);
    this.#length = 0;
    this.#sum = 0;
    this.#max = 0;
  }
}
