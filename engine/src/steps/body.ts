import {
  connectedComponents,
  orientationOf,
  squaredDistances,
  type Shape,
  type Volume,
} from '@parse3d/volume/geometry';

/** What is thinner than twice this is cut off the body: a table top, a sheet, a cable. Unit: mm */
const CUT_MM = 4;
/** Depth where the volume holds nothing but body. Unit: mm */
const DEEPEST_MM = 1000;

/**
 * Distance of every voxel of the body from the nearest voxel outside it, 0 outside. Unit: mm.
 *
 * The body is the largest part of what lies above a value, without what is thin (an opening by 4 mm), and with its holes
 * filled in each axial slice: lungs, windpipe and bowel gas are inside, though they may be open at the first and last slice.
 *
 * @param above border of air and tissue, in the unit of the volume
 */
export function bodyDepth({ data, geometry }: Volume<Float32Array>, above: number): Float32Array {
  const { shape, affine, spacingMm } = geometry;
  const outside = Uint8Array.from(data, (value) => (value > above ? 0 : 1));
  const fromAir = squaredDistances(outside, shape, spacingMm);
  const core = largestPart(
    Uint8Array.from(fromAir, (squared) => (squared > CUT_MM ** 2 ? 1 : 0)),
    shape,
  );
  // Nothing is thick enough: what there is counts as it is.
  const start =
    core ??
    largestPart(
      Uint8Array.from(outside, (air) => 1 - air),
      shape,
    );
  const depth = new Float32Array(data.length);
  if (start === undefined) return depth;
  const fromCore = squaredDistances(start, shape, spacingMm);
  // Grown back by what the opening took, and by a voxel's diagonal at most.
  const reach = (CUT_MM + Math.max(...spacingMm) / 2) ** 2;
  const body = Uint8Array.from(outside, (air, voxel) => (air === 0 && fromCore[voxel] <= reach ? 1 : 0));
  const vertical = [...orientationOf(affine)].findIndex((code) => code === 'S' || code === 'I');
  fillSlices(body, shape, vertical);
  const inside = squaredDistances(
    Uint8Array.from(body, (value) => 1 - value),
    shape,
    spacingMm,
  );
  for (let voxel = 0; voxel < depth.length; voxel += 1) depth[voxel] = Math.min(Math.sqrt(inside[voxel]), DEEPEST_MM);
  return depth;
}

/** The part with the most voxels as a mask; undefined where there is none. */
function largestPart(mask: Uint8Array, shape: Shape): Uint8Array | undefined {
  const parts = connectedComponents(mask, shape);
  const counts: number[] = [];
  for (const part of parts) if (part !== 0) counts[part] = (counts[part] ?? 0) + 1;
  let largest = 0;
  for (const [part, count] of counts.entries()) if ((count ?? 0) > (counts[largest] ?? 0)) largest = part;
  return largest === 0 ? undefined : Uint8Array.from(parts, (part) => (part === largest ? 1 : 0));
}

/** Sets what cannot be reached from the border of its slice, across the axis that is closest to head and feet. */
function fillSlices(mask: Uint8Array, shape: Shape, axis: number): void {
  const strides = [1, shape[0], shape[0] * shape[1]];
  const [a, b] = [0, 1, 2].filter((other) => other !== axis);
  const [na, nb, sa, sb] = [shape[a], shape[b], strides[a], strides[b]];
  const reached = new Uint8Array(na * nb);
  const stack: number[] = [];
  for (let slice = 0; slice < shape[axis]; slice += 1) {
    const first = slice * strides[axis];
    reached.fill(0);
    const visit = (u: number, v: number): void => {
      if (u < 0 || v < 0 || u >= na || v >= nb) return;
      if (reached[v * na + u] === 1 || mask[first + u * sa + v * sb] === 1) return;
      reached[v * na + u] = 1;
      stack.push(v * na + u);
    };
    for (let u = 0; u < na; u += 1) [0, nb - 1].forEach((v) => visit(u, v));
    for (let v = 0; v < nb; v += 1) [0, na - 1].forEach((u) => visit(u, v));
    for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
      const [u, v] = [at % na, Math.floor(at / na)];
      visit(u - 1, v);
      visit(u + 1, v);
      visit(u, v - 1);
      visit(u, v + 1);
    }
    for (let v = 0; v < nb; v += 1) {
      for (let u = 0; u < na; u += 1) if (reached[v * na + u] === 0) mask[first + u * sa + v * sb] = 1;
    }
  }
}
