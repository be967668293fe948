import { Problem } from '@parse3d/contract/problems';
import type { Geometry } from '@parse3d/volume/geometry';
import type { Restored } from '../restore/restoration.js';
import { volumePieces } from '../restore/volume-pieces.js';
import { maskOf, type SliceReader } from '../restore/way.js';
import { slicesOf, type SliceStack } from '../slices/stack.js';

/** Probability of an edge between objects from which a pixel counts as one; the published code has it fixed. */
const EDGE_THRESHOLD = 0.5;

/** Single masks, probabilities and edges on the volume's grid, in pieces in memory order; no volume is held whole. */
export class VolumeMasks {
  readonly #geometry: Geometry;
  readonly #stack: SliceStack;
  readonly #threshold: number;
  readonly #readers: Pick<Restored, 'masks' | 'edges'>;

  constructor(geometry: Geometry, stack: SliceStack, threshold: number, readers: Pick<Restored, 'masks' | 'edges'>) {
    this.#geometry = geometry;
    this.#stack = stack;
    this.#threshold = threshold;
    this.#readers = readers;
  }

  /** @param voxels where given, slices that hold none of them are left at 0 */
  probabilityPieces(prompt: number, voxels?: Float64Array): Generator<Float32Array> {
    const reader = opened(this.#readers.masks);
    const wanted = voxels && slicesOf(voxels, this.#geometry.shape, this.#stack);
    return volumePieces(
      this.#geometry.shape,
      this.#stack,
      (index) => (wanted?.has(index) === false ? undefined : reader.probabilities(index, prompt)),
      (length) => new Float32Array(length),
    );
  }

  maskPieces(prompt: number): Generator<Uint8Array> {
    return this.#piecesAbove(opened(this.#readers.masks), this.#threshold, prompt);
  }

  edgePieces(prompt: number): Generator<Uint8Array> {
    return this.#piecesAbove(opened(this.#readers.edges), EDGE_THRESHOLD, prompt);
  }

  #piecesAbove(reader: SliceReader, threshold: number, prompt: number): Generator<Uint8Array> {
    return volumePieces(
      this.#geometry.shape,
      this.#stack,
      (index) => {
        const slice = reader.probabilities(index, prompt);
        return slice && maskOf(slice, threshold);
      },
      (length) => new Uint8Array(length),
    );
  }
}

function opened(reader: SliceReader | undefined): SliceReader {
  if (reader === undefined) {
    throw new Problem('internal', 'single masks were not asked for when the volume was segmented');
  }
  return reader;
}
