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

/** Voxels of a label at its surface carry its number plus this. */
const EDGE = 128;
/**
 * Numbers below are no label: the viewer rounds whatever is above its lower bound up to the border of the second and
 * third entry of a table of colours, so both have to be transparent.
 */
const FIRST = 3;
/** Places that leave room for edges. */
const MOST_LABELS = EDGE - FIRST;

export interface LabelIndex {
  /** Per voxel, i fastest: 0, or the place of its label in the list plus 3, plus 128 where the label ends. */
  readonly voxels: Uint8Array;
  /** Per place from 0: a voxel [i, j, k] inside the label, on the slice where it is largest; undefined when it is empty. */
  readonly middles: ReadonlyMap<number, readonly [number, number, number]>;
}

/**
 * Turns a label map into places of the labels in their list, with edges told apart, so that colour, visibility and
 * outline can change without a look at the voxels. An edge is seen in the two axes of the slice; the third would fill
 * whatever lies flat.
 *
 * @param voxels label numbers, i fastest
 * @param labels in the order of the table
 */
export function indexLabels(
  voxels: ArrayLike<number>,
  [ni, nj, nk]: readonly [number, number, number],
  labels: readonly number[],
): LabelIndex {
  const places = new Map(labels.slice(0, MOST_LABELS).map((label, at) => [label, at + FIRST]));
  const out = new Uint8Array(ni * nj * nk);
  const plane = ni * nj;
  for (let at = 0; at < out.length; at++) {
    const value = voxels[at] ?? 0;
    if (value !== 0) out[at] = places.get(value) ?? 0;
  }
  const perSlice = Array.from({ length: labels.length + FIRST }, () => new Uint32Array(nk));
  let at = 0;
  for (let k = 0; k < nk; k++) {
    for (let j = 0; j < nj; j++) {
      for (let i = 0; i < ni; i++, at++) {
        const place = (out[at] ?? 0) & (EDGE - 1);
        if (place === 0) continue;
        const counts = perSlice[place];
        if (counts !== undefined) counts[k] = (counts[k] ?? 0) + 1;
        const inside =
          i > 0 &&
          i < ni - 1 &&
          j > 0 &&
          j < nj - 1 &&
          ((out[at - 1] ?? 0) & (EDGE - 1)) === place &&
          out[at + 1] === place &&
          ((out[at - ni] ?? 0) & (EDGE - 1)) === place &&
          out[at + ni] === place;
        if (!inside) out[at] = place + EDGE;
      }
    }
  }
  const middles = new Map<number, readonly [number, number, number]>();
  for (const [number, counts] of perSlice.entries()) {
    const most = Math.max(...counts);
    if (most === 0) continue;
    const k = counts.indexOf(most);
    const middle = middleOf(out.subarray(k * plane, (k + 1) * plane), number, most);
    middles.set(number - FIRST, [middle % ni, Math.floor(middle / ni), k]);
  }
  return { voxels: out, middles };
}

/** Offset of the voxel in the middle of a label's voxels in reading order: it always lies in the label. */
function middleOf(slice: Uint8Array, place: number, count: number): number {
  let seen = 0;
  for (let at = 0; at < slice.length; at++) {
    if (((slice[at] ?? 0) & (EDGE - 1)) === place && ++seen > count / 2) return at;
  }
  return 0;
}

/** What a voxel of an index stands for: the label's place in the list from 0, or undefined outside all labels. */
export function placeOf(value: number): number | undefined {
  const number = value & (EDGE - 1);
  return number < FIRST ? undefined : number - FIRST;
}

/** One pass over the volume: the labels that share an opacity. */
export interface LabelLayer {
  readonly opacity: number;
  /** 256 entries each. */
  readonly colours: { R: number[]; G: number[]; B: number[]; A: number[]; I: number[] };
}

/** Layers for the styles, at most one per opacity: the viewer blends whole layers, not single labels. */
export function labelLayers(styles: readonly LabelStyle[], mode: LabelMode): LabelLayer[] {
  const layers = new Map<number, LabelLayer>();
  const show = (index: number, colour: string, opacity: number): void => {
    const rounded = Math.round(opacity * 20) / 20;
    if (rounded === 0) return;
    const layer = layers.get(rounded) ?? { opacity: rounded, colours: emptyColours() };
    layers.set(rounded, layer);
    const value = parseInt(colour.slice(1), 16);
    layer.colours.R[index] = value >> 16;
    layer.colours.G[index] = (value >> 8) & 255;
    layer.colours.B[index] = value & 255;
    layer.colours.A[index] = 255;
  };
  for (const [at, { colour, visible, opacity }] of styles.slice(0, MOST_LABELS).entries()) {
    if (!visible) continue;
    const inner = mode === 'outline' ? 0 : mode === 'both' ? opacity * 0.7 : opacity;
    show(at + FIRST, colour, inner);
    // An outline is thin: at half the opacity it would be lost.
    show(at + FIRST + EDGE, colour, mode === 'fill' ? opacity : Math.min(1, 0.4 + opacity));
  }
  return [...layers.values()];
}

function emptyColours(): LabelLayer['colours'] {
  const zeros = (): number[] => new Array<number>(256).fill(0);
  return { R: zeros(), G: zeros(), B: zeros(), A: zeros(), I: Array.from({ length: 256 }, (_, index) => index) };
}
