import type { Volume, VoxelArray } from '@parse3d/volume/geometry';

/** Label numbers on a grid, as the engine carries them. */
export type Labels = Uint8Array | Uint16Array;

/** The way back from a step's grid to the grid before it. */
export interface Undo {
  labels<T extends Labels>(labels: T): T;
  /** Probabilities or other real values. */
  values(values: Float32Array): Float32Array;
}

/** A volume on a new grid, the way back, and what was done; a step that changed nothing has no sentence. */
export interface Step<T extends VoxelArray = VoxelArray> {
  readonly volume: Volume<T>;
  readonly undo: Undo;
  readonly sentence?: string;
}

/** The step that leaves a volume as it is. */
export function unchanged<T extends VoxelArray>(volume: Volume<T>): Step<T> {
  return { volume, undo: { labels: (labels) => labels, values: (values) => values } };
}

/** The way back over several steps: the last one is undone first. */
export function undoAll(steps: readonly { readonly undo: Undo }[]): Undo {
  const backwards = [...steps].reverse();
  return {
    labels: (labels) => backwards.reduce((data, step) => step.undo.labels(data), labels),
    values: (values) => backwards.reduce((data, step) => step.undo.values(data), values),
  };
}
