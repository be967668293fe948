import { Niivue, SHOW_RENDER, SLICE_TYPE, type NVImage } from '@niivue/niivue';
import { NotShown } from './not-shown.js';
import { probabilityColours, viewerOptions } from './scene-options.js';
import { readImage } from './read-image.js';
import { storedVoxel } from './stored-voxel.js';
import { indexLabels, labelTable, placeOf, type LabelIndex, type LabelMode, type LabelStyle } from './labels.js';
import type { StoredMap } from './threshold.js';
import { sliceShader } from './slice-shader.js';
import { measureGreys } from './greys.js';
import type { Crosshair, SceneVolume, Tile } from './scene-parts.js';
import type { GreyWindow } from './grey-windows.js';

export type { Crosshair, SceneVolume, Tile } from './scene-parts.js';

export type Layout = 'planes' | 'axial' | 'coronal' | 'sagittal' | 'solid';

const sliceTypes: Record<Layout, SLICE_TYPE> = {
  planes: SLICE_TYPE.MULTIPLANAR,
  axial: SLICE_TYPE.AXIAL,
  coronal: SLICE_TYPE.CORONAL,
  sagittal: SLICE_TYPE.SAGITTAL,
  solid: SLICE_TYPE.RENDER,
};

const planes: readonly Tile['plane'][] = ['axial', 'coronal', 'sagittal'];

const UINT8 = 2;
/** How much of the volume the 3D view shows round the labels. */
const SHELL_OPACITY = 0.35;
/** How long labels take to appear. Unit: ms */
const FADE_MS = 700;

/** A volume with labels and a probability map over it, on one canvas. The only part of the page that knows NiiVue. */
export class Scene {
  readonly #viewer: Niivue;
  readonly #canvas: HTMLCanvasElement;
  #labels: { index: LabelIndex; image: NVImage; mode: LabelMode | undefined } | undefined;
  #probability: NVImage | undefined;
  /** Nothing is below the labels: what the crosshair would read there is not a value. */
  #blank = false;

  private constructor(viewer: Niivue, canvas: HTMLCanvasElement) {
    this.#viewer = viewer;
    this.#canvas = canvas;
  }

  /** @throws Error when the browser has no WebGL 2 */
  static async open(canvas: HTMLCanvasElement, onCrosshair: (at: Crosshair) => void): Promise<Scene> {
    const viewer = new Niivue(viewerOptions);
    await viewer.attachToCanvas(canvas, false);
    viewer.setDrawOpacity(1);
    const scene = new Scene(viewer, canvas);
    viewer.onLocationChange = () => {
      const at = scene.crosshair();
      if (at !== undefined) onCrosshair(at);
    };
    return scene;
  }

  /** Shows a volume in place of whatever was there. */
  async showVolume(bytes: ArrayBuffer, name: string): Promise<SceneVolume> {
    return this.#show(await readImage(bytes, name), false);
  }

  /** Shows nothing on the grid of a volume, for labels whose volume cannot be drawn. */
  async showGrid(bytes: ArrayBuffer, name: string): Promise<void> {
    const image = await readImage(bytes, name);
    image.img?.fill(0);
    [image.cal_min, image.cal_max] = [0, 1];
    this.#show(image, true);
  }

  #show(image: NVImage, blank: boolean): SceneVolume {
    if (this.#labels !== undefined) {
      this.#viewer.closeDrawing();
      this.#viewer.setCustomSliceShader();
    }
    this.#labels = undefined;
    this.#probability = undefined;
    this.#blank = blank;
    for (const old of [...this.#viewer.volumes]) this.#viewer.removeVolume(old);
    this.#viewer.addVolume(image);
    this.#viewer.createOnLocationChange();
    const [, ni = 0, nj = 0, nk = 0] = image.hdr?.dims ?? [];
    const [, di = 0, dj = 0, dk = 0] = image.hdr?.pixDims ?? [];
    const { window: robust, belowZero } = measureGreys(image.img ?? [], {
      slope: image.hdr?.scl_slope ?? 1,
      offset: image.hdr?.scl_inter ?? 0,
    });
    if (!blank) this.setWindow(robust);
    return { shape: [ni, nj, nk], spacingMm: [di, dj, dk], robust, belowZero };
  }

  setWindow({ width, level }: GreyWindow): void {
    const [volume] = this.#viewer.volumes;
    if (volume === undefined) return;
    volume.cal_min = level - width / 2;
    volume.cal_max = level + width / 2;
    this.#viewer.updateGLVolume();
  }

  setLayout(layout: Layout): void {
    this.#viewer.opts.multiplanarShowRender = layout === 'planes' ? SHOW_RENDER.AUTO : SHOW_RENDER.NEVER;
    if (this.#viewer.volumes.length > 0) this.#viewer.setSliceType(sliceTypes[layout]);
    else this.#viewer.opts.sliceType = sliceTypes[layout];
  }

  /** Whether the patient's left is on the right of the picture, as radiologists read, or on the left. */
  setRadiological(on: boolean): void {
    if (this.#viewer.volumes.length > 0) this.#viewer.setRadiologicalConvention(on);
    else this.#viewer.opts.isRadiologicalConvention = on;
  }

  /** The planes as they are drawn now. */
  tiles(): Tile[] {
    const { width: across, height: down } = this.#canvas.getBoundingClientRect();
    const scale = this.#canvas.width / across;
    return this.#viewer.screenSlices.flatMap(({ axCorSag, leftTopWidthHeight }) => {
      const plane = planes[axCorSag];
      const [left = 0, top = 0, width = 0, height = 0] = leftTopWidthHeight.map((value) => value / scale);
      if (plane === undefined) return [];
      // Device pixels are rounded: a plane may end a little beyond the canvas.
      const [right, bottom] = [Math.min(left + width, Math.floor(across)), Math.min(top + height, Math.floor(down))];
      return [{ plane, left, top, width: Math.floor(right - left), height: Math.floor(bottom - top) }];
    });
  }

  /** The numbers of a label map, i fastest. */
  async readLabels(bytes: ArrayBuffer): Promise<ArrayLike<number>> {
    return (await readImage(bytes, 'labels.nii.gz')).img ?? [];
  }

  /**
   * Lays a label map over the volume.
   *
   * @param voxels shown in place of what the file holds, on its grid
   */
  async showLabels(
    bytes: ArrayBuffer,
    styles: readonly LabelStyle[],
    mode: LabelMode,
    voxels?: ArrayLike<number>,
  ): Promise<void> {
    const image = await readImage(bytes, 'labels.nii.gz');
    const [, ni = 0, nj = 0, nk = 0] = image.hdr?.dims ?? [];
    const index = indexLabels(
      voxels ?? image.img ?? [],
      [ni, nj, nk],
      styles.map(({ label }) => label),
    );
    if (image.hdr !== null) {
      // From here on it is an index with a table of colours, not a label map.
      Object.assign(image.hdr, {
        datatypeCode: UINT8,
        numBitsPerVoxel: 8,
        intent_code: 0,
        scl_slope: 1,
        scl_inter: 0,
        cal_min: 0,
        cal_max: 255,
      });
    }
    image.img = index.voxels;
    // As a drawing: one byte a voxel, and a change of colours copies no volume.
    if (!this.#viewer.loadDrawing(image)) throw new NotShown('The label map is not on the grid of the volume.');
    this.#labels = { index, image, mode: undefined };
    this.#viewer.setOpacity(0, this.#blank ? 0 : SHELL_OPACITY);
    this.styleLabels(styles, mode);
    if (!matchMedia('(prefers-reduced-motion: reduce)').matches) this.#fadeIn();
  }

  /** Labels appear over the volume that was there before. */
  #fadeIn(): void {
    const began = performance.now();
    const step = (now: number): void => {
      if (this.#labels === undefined) return;
      const share = Math.min(1, Math.max(0, (now - began) / FADE_MS));
      this.#viewer.drawOpacity = share;
      this.#viewer.drawScene();
      if (share < 1) requestAnimationFrame(step);
    };
    step(began);
  }

  /** Changes colours, visibility, opacity or mode of what is shown. */
  styleLabels(styles: readonly LabelStyle[], mode: LabelMode): void {
    const labels = this.#labels;
    if (labels === undefined) return;
    if (labels.mode !== mode) this.#viewer.setCustomSliceShader(sliceShader(mode, devicePixelRatio));
    labels.mode = mode;
    this.#viewer.drawLut = { lut: labelTable(styles, labels.index.depths), labels: [] };
    this.#viewer.refreshColormaps();
    this.#viewer.updateGLVolume();
  }

  /** Lays a probability map over everything, from the threshold up; without bytes it is taken away. */
  async showProbability(bytes: ArrayBuffer | undefined, threshold: number): Promise<void> {
    if (this.#probability !== undefined) this.#viewer.removeVolume(this.#probability);
    this.#probability = undefined;
    if (bytes === undefined) {
      if (this.#viewer.volumes.length > 0) this.#viewer.createOnLocationChange();
      return;
    }
    this.#viewer.addColormap('probability', probabilityColours);
    const image = await readImage(bytes, 'probability.nii.gz', 'probability');
    image._opacity = 0.7;
    this.#probability = image;
    this.#viewer.addVolume(image);
    this.setThreshold(threshold);
    this.#viewer.createOnLocationChange();
  }

  setThreshold(threshold: number): void {
    if (this.#probability === undefined) return;
    // A probability of exactly the threshold belongs to the mask.
    this.#probability.cal_min = threshold - 1e-6;
    this.#probability.cal_max = 1;
    this.#viewer.updateGLVolume();
  }

  /** The probability map that is shown, as it is stored, and the volume of one of its voxels. */
  probability(): (StoredMap & { readonly voxelMl: number }) | undefined {
    const image = this.#probability;
    if (image?.hdr === null || image?.hdr === undefined) return undefined;
    const { scl_slope: slope, scl_inter: intercept, pixDims } = image.hdr;
    const [, di = 0, dj = 0, dk = 0] = pixDims;
    return { values: image.img ?? [], slope, intercept, voxelMl: (di * dj * dk) / 1_000 };
  }

  /** Moves the crosshair by voxels along right, anterior and superior. */
  move(right: number, anterior: number, superior: number): void {
    this.#viewer.moveCrosshairInVox(right, anterior, superior);
  }

  turn(azimuth: number, elevation: number): void {
    const { renderAzimuth, renderElevation } = this.#viewer.scene;
    this.#viewer.setRenderAzimuthElevation(renderAzimuth + azimuth, renderElevation + elevation);
  }

  /** Puts the crosshair into a label, where it is largest. False when the label is empty. */
  goToLabel(at: number): boolean {
    const middle = this.#labels?.index.middles.get(at);
    const affine = this.#labels?.image.hdr?.affine;
    if (middle === undefined || affine === undefined) return false;
    const [i, j, k] = middle;
    const mm = affine.slice(0, 3).map(([a = 0, b = 0, c = 0, d = 0]) => a * i + b * j + c * k + d);
    this.goTo([mm[0] ?? 0, mm[1] ?? 0, mm[2] ?? 0]);
    return true;
  }

  /** Puts the crosshair to a place in RAS millimetres. */
  goTo([x, y, z]: readonly [x: number, y: number, z: number]): void {
    this.#viewer.scene.crosshairPos = this.#viewer.mm2frac([x, y, z], 0, true);
    this.#viewer.drawScene();
    this.#viewer.createOnLocationChange();
  }

  /** What lies under the crosshair now, or undefined before there is a volume. */
  crosshair(): Crosshair | undefined {
    const [volume] = this.#viewer.volumes;
    if (volume === undefined) return undefined;
    const at = this.#viewer.frac2mm(this.#viewer.scene.crosshairPos, 0, true);
    const mm: [number, number, number] = [at[0] ?? 0, at[1] ?? 0, at[2] ?? 0];
    const valueIn = (image: NVImage | undefined): number | undefined => {
      if (image === undefined) return undefined;
      const [i = 0, j = 0, k = 0] = image.mm2vox(mm);
      return image.getValue(i, j, k);
    };
    const [i = 0, j = 0, k = 0] = volume.mm2vox(mm);
    return {
      voxel: storedVoxel(volume, [i, j, k]),
      mm,
      value: this.#blank ? undefined : valueIn(volume),
      label: placeOf(valueIn(this.#labels?.image) ?? 0),
      probability: valueIn(this.#probability),
    };
  }

  close(): void {
    this.#viewer.cleanup();
    this.#viewer.gl.getExtension('WEBGL_lose_context')?.loseContext();
  }
}
