import { NVImage, Niivue, SHOW_RENDER, SLICE_TYPE } from '@niivue/niivue';
import { NotShown } from './not-shown.js';
import { indexLabels, labelLayers, placeOf, type LabelIndex, type LabelMode, type LabelStyle } from './labels.js';
import type { GreyWindow } from './grey-windows.js';

export type Layout = 'planes' | 'axial' | 'coronal' | 'sagittal' | 'solid';

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
  /** Window that shows all but the outermost 2 % of the values. */
  readonly robust: GreyWindow;
}

const sliceTypes: Record<Layout, SLICE_TYPE> = {
  planes: SLICE_TYPE.MULTIPLANAR,
  axial: SLICE_TYPE.AXIAL,
  coronal: SLICE_TYPE.CORONAL,
  sagittal: SLICE_TYPE.SAGITTAL,
  solid: SLICE_TYPE.RENDER,
};

const UINT8 = 2;
/** Range that puts each number of a label index on the middle of its entry in a table of 256 colours. */
const ENTRIES = [-0.5, 255.5] as const;

/** A volume with labels and a probability map over it, on one canvas. The only part of the page that knows NiiVue. */
export class Scene {
  readonly #viewer: Niivue;
  #labels: { index: LabelIndex; layers: NVImage[]; template: NVImage } | undefined;
  #probability: NVImage | undefined;
  /** Nothing is below the labels: what the crosshair would read there is no value. */
  #blank = false;

  private constructor(viewer: Niivue) {
    this.#viewer = viewer;
  }

  /** @throws Error when the browser has no WebGL 2 */
  static async open(canvas: HTMLCanvasElement, onCrosshair: (at: Crosshair) => void): Promise<Scene> {
    const viewer = new Niivue({
      // What fails is told by the page.
      logLevel: 'silent',
      dragAndDropEnabled: false,
      backColor: [0.02, 0.024, 0.03, 1],
      crosshairColor: [0.31, 0.76, 0.72, 0.75],
      crosshairWidthUnit: 'percent',
      crosshairWidth: 0.35,
      crosshairGap: 3,
      fontColor: [0.6, 0.68, 0.74, 1],
      fontMinPx: 11,
      isOrientCube: false,
      loadingText: '',
      multiplanarPadPixels: 6,
      multiplanarShowRender: SHOW_RENDER.AUTO,
      show3Dcrosshair: true,
      // Hotkeys of the viewer would take letters from the page; ours are told in the toolbar.
      viewModeHotKey: '',
      clipPlaneHotKey: '',
      cycleClipPlaneHotKey: '',
    });
    await viewer.attachToCanvas(canvas, false);
    const scene = new Scene(viewer);
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
    this.#labels = undefined;
    this.#probability = undefined;
    this.#blank = blank;
    for (const old of [...this.#viewer.volumes]) this.#viewer.removeVolume(old);
    this.#viewer.addVolume(image);
    this.#viewer.createOnLocationChange();
    const [, ni = 0, nj = 0, nk = 0] = image.hdr?.dims ?? [];
    const [, di = 0, dj = 0, dk = 0] = image.hdr?.pixDims ?? [];
    const [low, high] = [image.cal_min ?? 0, image.cal_max ?? 1];
    return {
      shape: [ni, nj, nk],
      spacingMm: [di, dj, dk],
      robust: { width: high - low, level: (high + low) / 2 },
    };
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

  /** Lays a label map over the volume. */
  async showLabels(bytes: ArrayBuffer, styles: readonly LabelStyle[], mode: LabelMode): Promise<void> {
    const image = await readImage(bytes, 'labels.nii.gz');
    const [, ni = 0, nj = 0, nk = 0] = image.hdr?.dims ?? [];
    const index = indexLabels(
      image.img ?? [],
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
    this.#labels = { index, layers: [], template: image };
    this.styleLabels(styles, mode);
  }

  /** Changes colours, visibility, opacity or mode of what is shown. */
  styleLabels(styles: readonly LabelStyle[], mode: LabelMode): void {
    const labels = this.#labels;
    if (labels === undefined) return;
    const wanted = labelLayers(styles, mode);
    while (labels.layers.length > wanted.length) {
      const layer = labels.layers.pop();
      if (layer !== undefined) this.#viewer.removeVolume(layer);
    }
    for (const [at, { opacity, colours }] of wanted.entries()) {
      const key = `labels-${at}`;
      this.#viewer.addColormap(key, colours);
      let layer = labels.layers[at];
      if (layer === undefined) {
        layer = sharing(labels.template);
        labels.layers.push(layer);
        layer._colormap = key;
        layer._opacity = opacity;
        this.#viewer.addVolume(layer);
      }
      layer._colormap = key;
      layer._opacity = opacity;
      [layer.cal_min, layer.cal_max] = ENTRIES;
    }
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
    this.#viewer.addColormap('probability', {
      R: [0, 62, 33, 94, 253, 255],
      G: [0, 74, 145, 201, 231, 255],
      B: [0, 137, 140, 98, 37, 220],
      A: [0, 190, 200, 210, 220, 230],
      I: [0, 1, 80, 150, 220, 255],
    });
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
    const affine = this.#labels?.template.hdr?.affine;
    if (middle === undefined || affine === undefined) return false;
    const [i, j, k] = middle;
    const mm = affine.slice(0, 3).map(([a = 0, b = 0, c = 0, d = 0]) => a * i + b * j + c * k + d);
    this.goTo([mm[0] ?? 0, mm[1] ?? 0, mm[2] ?? 0]);
    return true;
  }

  /** Puts the crosshair to a place in RAS millimetres. */
  goTo([x, y, z]: readonly [x: number, y: number, z: number]): void {
    this.#viewer.scene.crosshairPos = this.#viewer.mm2frac([x, y, z]);
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
      voxel: [i, j, k],
      mm,
      value: this.#blank ? undefined : valueIn(volume),
      label: placeOf(valueIn(this.#labels?.template) ?? 0),
      probability: valueIn(this.#probability),
    };
  }

  close(): void {
    this.#viewer.cleanup();
    this.#viewer.gl.getExtension('WEBGL_lose_context')?.loseContext();
  }
}

async function readImage(bytes: ArrayBuffer, name: string, colormap = 'gray'): Promise<NVImage> {
  // Whether it is compressed shows in the bytes; a name may say something else.
  const [first, second] = new Uint8Array(bytes, 0, Math.min(2, bytes.byteLength));
  const plain = name.replace(/(\.nii)?(\.gz)?$/, '');
  const file = new File([bytes], first === 0x1f && second === 0x8b ? `${plain}.nii.gz` : `${plain}.nii`);
  const load = NVImage.loadFromFile({ file, name: file.name, colormap, trustCalMinMax: false });
  return load.catch((cause: unknown) => {
    throw new NotShown('It does not read as a NIfTI volume; only .nii and .nii.gz files are.', { cause });
  });
}

/** Another layer over the same voxels: they are not copied. */
function sharing(template: NVImage): NVImage {
  const layer = new NVImage();
  layer.hdr = template.hdr;
  layer.img = template.img ?? new Uint8Array();
  layer.calculateRAS();
  [layer.cal_min, layer.cal_max] = ENTRIES;
  layer.colorbarVisible = false;
  return layer;
}
