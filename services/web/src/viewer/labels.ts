/** How one label is shown. */
export interface LabelStyle {
  /** Value in the label map. */
  readonly label: number;
  readonly name: string;
  /** `#rrggbb`. */
  readonly colour: string;
  readonly visible: boolean;
  /** 0 to 1. */
  readonly opacity: number;
}

export type LabelMode = 'fill' | 'outline' | 'both';

type Shape = readonly [i: number, j: number, k: number];

/** Voxels at the surface of a label carry its number plus this. */
const SURFACE = 128;
/** Numbers of labels begin at 1; 0 is nothing. */
const MOST_LABELS = SURFACE - 1;

export interface LabelIndex {
  /** Per voxel, i fastest: 0, or the place of its label in the list plus 1, plus 128 at the label's surface. */
  readonly voxels: Uint8Array;
  /** Per place from 0: a voxel [i, j, k] inside the label, on the slice where it is largest; undefined when it is empty. */
  readonly middles: ReadonlyMap<number, Shape>;
  /** Per place from 0: how many labels lie inside one another below it; 0 where nothing does. */
  readonly depths: readonly number[];
}

/** What is counted of one label. */
interface Extent {
  readonly perSlice: Uint32Array;
  /** First and last voxel along i, j and k. */
  readonly box: [i0: number, i1: number, j0: number, j1: number, k0: number, k1: number];
}

/**
 * Turns a label map into places of the labels in their list, so that colour, opacity and outline can change without a
 * look at the voxels. The surface counts in all three axes: it is what the 3D view shows. Outlines on a slice depend on
 * the plane, and are found while it is drawn (`sliceShader`).
 *
 * @param voxels label numbers, i fastest
 * @param labels in the order of the table
 */
export function indexLabels(voxels: ArrayLike<number>, shape: Shape, labels: readonly number[]): LabelIndex {
  const [ni, nj, nk] = shape;
  const shown = labels.slice(0, MOST_LABELS);
  const numbers = new Map(shown.map((label, at) => [label, at + 1]));
  const out = new Uint8Array(ni * nj * nk);
  for (let at = 0; at < out.length; at++) {
    const value = voxels[at] ?? 0;
    if (value !== 0) out[at] = numbers.get(value) ?? 0;
  }
  const extents = markSurfaces(out, shape, shown.length);
  return { voxels: out, middles: middlesOf(out, shape, extents), depths: depthsOf(extents) };
}

/** Adds 128 to every voxel that has a face in common with something else, and measures each label on the way. */
function markSurfaces(out: Uint8Array, [ni, nj, nk]: Shape, count: number): Extent[] {
  const extents = Array.from({ length: count }, (): Extent => {
    return { perSlice: new Uint32Array(nk), box: [ni, -1, nj, -1, nk, -1] };
  });
  const plane = ni * nj;
  // Neighbours that come earlier in memory may carry the mark already.
  const numberAt = (at: number): number => (out[at] ?? 0) & (SURFACE - 1);
  let at = 0;
  for (let k = 0; k < nk; k++) {
    for (let j = 0; j < nj; j++) {
      for (let i = 0; i < ni; i++, at++) {
        const number = out[at] ?? 0;
        if (number === 0) continue;
        const extent = extents[number - 1];
        if (extent !== undefined) grow(extent, i, j, k);
        const inside =
          i > 0 &&
          i < ni - 1 &&
          j > 0 &&
          j < nj - 1 &&
          k > 0 &&
          k < nk - 1 &&
          numberAt(at - 1) === number &&
          out[at + 1] === number &&
          numberAt(at - ni) === number &&
          out[at + ni] === number &&
          numberAt(at - plane) === number &&
          out[at + plane] === number;
        if (!inside) out[at] = number + SURFACE;
      }
    }
  }
  return extents;
}

function grow({ perSlice, box }: Extent, i: number, j: number, k: number): void {
  perSlice[k] = (perSlice[k] ?? 0) + 1;
  if (i < box[0]) box[0] = i;
  if (i > box[1]) box[1] = i;
  if (j < box[2]) box[2] = j;
  if (j > box[3]) box[3] = j;
  if (k < box[4]) box[4] = k;
  if (k > box[5]) box[5] = k;
}

function middlesOf(out: Uint8Array, [ni, nj]: Shape, extents: readonly Extent[]): Map<number, Shape> {
  const plane = ni * nj;
  const middles = new Map<number, Shape>();
  for (const [place, { perSlice }] of extents.entries()) {
    const most = perSlice.reduce((a, b) => Math.max(a, b), 0);
    if (most === 0) continue;
    const k = perSlice.indexOf(most);
    const slice = out.subarray(k * plane, (k + 1) * plane);
    const j = Math.floor(middleOf(slice, place + 1) / ni);
    middles.set(place, [middleOf(slice.subarray(j * ni, (j + 1) * ni), place + 1), j, k]);
  }
  return middles;
}

/** Offset of the voxel in the middle of a label's voxels in reading order: it always lies in the label. */
function middleOf(voxels: Uint8Array, number: number): number {
  const places: number[] = [];
  for (let at = 0; at < voxels.length; at++) if (((voxels[at] ?? 0) & (SURFACE - 1)) === number) places.push(at);
  return places[Math.floor((places.length - 1) / 2)] ?? 0;
}

/** A box this much larger still counts as lying inside. Unit: voxels. */
const SLACK = 2;

/** Boxes are enough to tell what would hide what: cortex round white matter round thalamus has depth 2, 1 and 0. */
function depthsOf(extents: readonly Extent[]): number[] {
  const sizes = extents.map(({ perSlice }) => perSlice.reduce((sum, count) => sum + count, 0));
  const around = (outer: number, inner: number): boolean => {
    const [a, b] = [extents[outer]?.box, extents[inner]?.box];
    if (a === undefined || b === undefined || sizes[inner] === 0) return false;
    if ((sizes[outer] ?? 0) < 2 * (sizes[inner] ?? 0)) return false;
    return [0, 2, 4].every(
      (low) => (b[low] ?? 0) >= (a[low] ?? 0) - SLACK && (b[low + 1] ?? 0) <= (a[low + 1] ?? 0) + SLACK,
    );
  };
  const depths = extents.map(() => 0);
  const bySize = extents.map((_, place) => place).sort((a, b) => (sizes[a] ?? 0) - (sizes[b] ?? 0));
  for (const outer of bySize) {
    for (const inner of bySize) {
      if (inner === outer) break;
      if (around(outer, inner)) depths[outer] = Math.max(depths[outer] ?? 0, (depths[inner] ?? 0) + 1);
    }
  }
  return depths;
}

/** What a voxel of an index stands for: the label's place in the list from 0, or undefined outside all labels. */
export function placeOf(value: number): number | undefined {
  const number = value & (SURFACE - 1);
  return number === 0 ? undefined : number - 1;
}

/** Deepest nesting that still makes a surface fainter: below that it would be lost. */
const DEEPEST = 2;

/**
 * A table of 256 colours (R, G, B, A each) for the numbers of an index.
 *
 * A number with 128 added is the surface that the 3D view shows: colour and opacity, fainter where other labels lie inside,
 * so that they are seen through it; at opacity 1 nothing is. The number itself is invisible in 3D (alpha 0); its red is the
 * opacity on slices, for `sliceShader`.
 *
 * @param depths of the index
 */
export function labelTable(styles: readonly LabelStyle[], depths: readonly number[]): Uint8ClampedArray<ArrayBuffer> {
  const table = new Uint8ClampedArray(new ArrayBuffer(256 * 4));
  for (const [place, { colour, visible, opacity }] of styles.slice(0, MOST_LABELS).entries()) {
    const number = place + 1;
    const value = parseInt(colour.slice(1), 16);
    const shown = visible ? opacity : 0;
    const solid = shown ** (2 + 2 * Math.min(DEEPEST, depths[place] ?? 0));
    table.set([shown * 255, 0, 0, 0], number * 4);
    table.set([value >> 16, (value >> 8) & 255, value & 255, solid * 255], (number + SURFACE) * 4);
  }
  return table;
}
