import type { GreyWindow } from './grey-windows.js';

/** What lies under the crosshair. */
export interface Crosshair {
  /** Voxel of the volume, from 0. */
  readonly voxel: readonly [number, number, number];
  /** Right, anterior, superior. Unit: mm. */
  readonly mm: readonly [number, number, number];
  /** The volume's own value. */
  readonly value: number | undefined;
  /** Place of the label in the table, from 0. */
  readonly label: number | undefined;
  readonly probability: number | undefined;
}

export interface SceneVolume {
  readonly shape: readonly [number, number, number];
  readonly spacingMm: readonly [number, number, number];
  /** Window that shows the contrast inside the body. */
  readonly robust: GreyWindow;
  /** True where values lie far below 0, as those of CT do and those of MR do not. */
  readonly belowZero: boolean;
}

/** Where a plane is drawn on the canvas. Unit: CSS pixels. */
export interface Tile {
  readonly plane: 'axial' | 'coronal' | 'sagittal';
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}
