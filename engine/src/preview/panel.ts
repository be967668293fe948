import type { Vec3, VoxelArray } from '@parse3d/volume/geometry';
import type { Anatomy, WorldAxis } from './anatomy.js';
import type { Canvas, Rgb } from './canvas.js';

/** How one plane is looked at, in radiological convention: the patient's right is at the left of the picture. */
export interface View {
  readonly name: string;
  /** Axis that the plane is perpendicular to. */
  readonly through: WorldAxis;
  /** Axes across and down the picture; both run backwards: from right, from anterior, from superior. */
  readonly across: WorldAxis;
  readonly down: WorldAxis;
  /** Letters at the left, right, upper and lower edge. */
  readonly letters: readonly [left: string, right: string, top: string, bottom: string];
}

export const views: readonly View[] = [
  { name: 'axial', through: 2, across: 0, down: 1, letters: ['R', 'L', 'A', 'P'] },
  { name: 'coronal', through: 1, across: 0, down: 2, letters: ['R', 'L', 'S', 'I'] },
  { name: 'sagittal', through: 0, across: 1, down: 2, letters: ['A', 'P', 'S', 'I'] },
];

/** Grey values from black to white, in the volume's unit. */
export interface GreyRange {
  readonly low: number;
  readonly high: number;
}

/** Extent of a view in mm. */
export function extentMm(view: View, { shape, spacingMm }: Anatomy): { width: number; height: number } {
  return {
    width: shape[view.across] * spacingMm[view.across],
    height: shape[view.down] * spacingMm[view.down],
  };
}

/** Every voxel value of the plane. */
export function valuesOfPlane(data: VoxelArray, anatomy: Anatomy, view: View, planes: Vec3): Float32Array {
  const [columns, rows] = [anatomy.shape[view.across], anatomy.shape[view.down]];
  const start = anatomy.first + planes[view.through] * anatomy.steps[view.through];
  return Float32Array.from({ length: columns * rows }, (_, n) => {
    const [x, y] = [n % columns, Math.floor(n / columns)];
    return data[start + x * anatomy.steps[view.across] + y * anatomy.steps[view.down]];
  });
}

export interface PanelPlace {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Draws a plane in grey: between voxel centres linearly, so that thick slices do not look like stairs. */
export function drawGrey(
  canvas: Canvas,
  place: PanelPlace,
  data: VoxelArray,
  anatomy: Anatomy,
  view: View,
  planes: Vec3,
  { low, high }: GreyRange,
): void {
  const start = anatomy.first + planes[view.through] * anatomy.steps[view.through];
  const columns = taps(place.width, anatomy.shape[view.across], anatomy.steps[view.across]);
  const rows = taps(place.height, anatomy.shape[view.down], anatomy.steps[view.down]);
  const scale = high > low ? 255 / (high - low) : 0;
  for (const [y, row] of rows.entries()) {
    for (const [x, column] of columns.entries()) {
      const at = (step: number): number => data[start + step];
      const upper = at(row.near + column.near) * (1 - column.share) + at(row.near + column.far) * column.share;
      const lower = at(row.far + column.near) * (1 - column.share) + at(row.far + column.far) * column.share;
      const value = (upper * (1 - row.share) + lower * row.share - low) * scale;
      const grey = Math.max(0, Math.min(255, value));
      canvas.blend(place.x + x, place.y + y, [grey, grey, grey], 1);
    }
  }
}

/** Draws each label as a light fill with a clear outline. */
export function drawLabels(
  canvas: Canvas,
  place: PanelPlace,
  labels: VoxelArray,
  anatomy: Anatomy,
  view: View,
  planes: Vec3,
  colourOf: ReadonlyMap<number, Rgb>,
): void {
  const start = anatomy.first + planes[view.through] * anatomy.steps[view.through];
  const columns = taps(place.width, anatomy.shape[view.across], anatomy.steps[view.across]);
  const rows = taps(place.height, anatomy.shape[view.down], anatomy.steps[view.down]);
  const nearest = (tap: Tap | undefined): number => (tap === undefined ? 0 : tap.share < 0.5 ? tap.near : tap.far);
  // The edge of the picture is no outline: what lies beyond it is taken to go on.
  const inside = (n: number, length: number): number => Math.max(0, Math.min(length - 1, n));
  const labelAt = (x: number, y: number): number =>
    labels[start + nearest(columns[inside(x, place.width)]) + nearest(rows[inside(y, place.height)])];
  for (let y = 0; y < place.height; y++) {
    for (let x = 0; x < place.width; x++) {
      const label = labelAt(x, y);
      const colour = colourOf.get(label);
      if (colour === undefined) continue;
      const inner = [labelAt(x - 1, y), labelAt(x + 1, y), labelAt(x, y - 1), labelAt(x, y + 1)];
      canvas.blend(place.x + x, place.y + y, colour, inner.every((other) => other === label) ? 0.28 : 0.95);
    }
  }
}

/** The two voxels around a pixel's centre (as steps in memory), and how far it lies from the first to the second. */
interface Tap {
  readonly near: number;
  readonly far: number;
  readonly share: number;
}

/** Pixels run against the axis: the first one shows the last voxel. */
function taps(pixels: number, voxels: number, step: number): Tap[] {
  return Array.from({ length: pixels }, (_, n) => {
    const place = ((pixels - n - 0.5) * voxels) / pixels - 0.5;
    const inside = Math.max(0, Math.min(voxels - 1, place));
    const near = Math.floor(inside);
    return { near: near * step, far: Math.min(near + 1, voxels - 1) * step, share: inside - near };
  });
}
