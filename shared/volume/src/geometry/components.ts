import { voxelCount } from './affine.js';
import { toLabels, type LabelArray } from './label-map.js';
import type { Shape, VoxelArray } from './types.js';

/** Numbers the connected parts of a mask (every voxel that is not 0) from 1, in memory order; voxels touch by faces. */
export function connectedComponents(mask: VoxelArray, shape: Shape): LabelArray {
  const [ni, nj, nk] = shape;
  const out = new Uint32Array(voxelCount(shape));
  let stack = new Int32Array(1024);
  let part = 0;
  for (let first = 0; first < out.length; first += 1) {
    if (mask[first] === 0 || out[first] !== 0) continue;
    part += 1;
    out[first] = part;
    stack[0] = first;
    for (let size = 1; size > 0;) {
      size -= 1;
      const at = stack[size];
      if (size + 6 > stack.length) {
        const larger = new Int32Array(stack.length * 2);
        larger.set(stack);
        stack = larger;
      }
      const i = at % ni;
      const j = Math.floor(at / ni) % nj;
      const k = Math.floor(at / (ni * nj));
      // A voxel is numbered when it is found, so that it enters the stack once.
      const visit = (inside: boolean, to: number): void => {
        if (!inside || mask[to] === 0 || out[to] !== 0) return;
        out[to] = part;
        stack[size] = to;
        size += 1;
      };
      visit(i > 0, at - 1);
      visit(i < ni - 1, at + 1);
      visit(j > 0, at - ni);
      visit(j < nj - 1, at + ni);
      visit(k > 0, at - ni * nj);
      visit(k < nk - 1, at + ni * nj);
    }
  }
  return toLabels(out);
}
