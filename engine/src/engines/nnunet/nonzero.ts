import { cropBox, type Shape, type Volume, type VoxelArray } from '@parse3d/volume/geometry';
import { unchanged, type Step } from '../../steps/step.js';
import type { Box } from '../../steps/sliding-windows.js';

/** Crops to the smallest box of all voxels that are not 0. What was cropped away comes back as background. */
export function cropToNonzero<T extends VoxelArray>(volume: Volume<T>): Step<T> {
  const { data, geometry } = volume;
  const box = nonzeroBox(data, geometry.shape);
  if (box === undefined || box.shape.every((length, axis) => length === geometry.shape[axis])) return unchanged(volume);
  const cropped = cropBox(volume, box.start, box.shape);
  return {
    volume: cropped.volume,
    undo: { labels: cropped.undo, values: cropped.undo },
    sentence: `cropped to the ${box.shape.join('×')} voxels outside of which every voxel is 0`,
  };
}

/** Undefined where all voxels are 0. */
function nonzeroBox(data: VoxelArray, [ni, nj, nk]: Shape): Box | undefined {
  const low: [number, number, number] = [ni, nj, nk];
  const high: [number, number, number] = [-1, -1, -1];
  for (let k = 0, n = 0; k < nk; k++) {
    for (let j = 0; j < nj; j++) {
      for (let i = 0; i < ni; i++, n++) {
        if (data[n] === 0) continue;
        if (i < low[0]) low[0] = i;
        if (i > high[0]) high[0] = i;
        if (j < low[1]) low[1] = j;
        if (j > high[1]) high[1] = j;
        if (k < low[2]) low[2] = k;
        high[2] = k;
      }
    }
  }
  if (high[0] < 0) return undefined;
  return { start: low, shape: [high[0] - low[0] + 1, high[1] - low[1] + 1, high[2] - low[2] + 1] };
}

/** 1 for voxels other than 0 and for those that they enclose: voxels from which no path along faces leads out. */
export function filledMask(data: VoxelArray, [ni, nj, nk]: Shape): Uint8Array {
  const mask = new Uint8Array(data.length).fill(1);
  const plane = ni * nj;
  // Zeros that have been reached and whose neighbours have not been looked at.
  let open: number[] = [];
  const reach = (n: number): void => {
    if (data[n] !== 0 || mask[n] === 0) return;
    mask[n] = 0;
    open.push(n);
  };
  for (let k = 0, n = 0; k < nk; k++) {
    for (let j = 0; j < nj; j++) {
      const inside = k > 0 && k < nk - 1 && j > 0 && j < nj - 1;
      for (let i = 0; i < ni; i++, n++) if (!inside || i === 0 || i === ni - 1) reach(n);
    }
  }
  while (open.length > 0) {
    const front = open;
    open = [];
    for (const n of front) {
      const i = n % ni;
      const j = Math.floor(n / ni) % nj;
      if (i > 0) reach(n - 1);
      if (i < ni - 1) reach(n + 1);
      if (j > 0) reach(n - ni);
      if (j < nj - 1) reach(n + ni);
      if (n >= plane) reach(n - plane);
      if (n < data.length - plane) reach(n + plane);
    }
  }
  return mask;
}
