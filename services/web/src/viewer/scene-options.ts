import { SHOW_RENDER, type Niivue } from '@niivue/niivue';

/** How the viewer looks and what it leaves to the page. */
export const viewerOptions: NonNullable<ConstructorParameters<typeof Niivue>[0]> = {
  // What fails is told by the page.
  logLevel: 'silent',
  dragAndDropEnabled: false,
  backColor: [0.02, 0.024, 0.03, 1],
  crosshairColor: [0.31, 0.76, 0.72, 0.75],
  crosshairWidthUnit: 'percent',
  crosshairWidth: 0.25,
  crosshairGap: 3,
  fontColor: [0.6, 0.68, 0.74, 1],
  fontMinPx: 11,
  isOrientCube: false,
  // The page writes the letters: there they keep clear of edges, and can be read by who does not see the image.
  isOrientationTextVisible: false,
  sagittalNoseLeft: true,
  loadingText: '',
  multiplanarPadPixels: 6,
  multiplanarShowRender: SHOW_RENDER.AUTO,
  show3Dcrosshair: true,
  // Hotkeys of the viewer would take letters from the page; ours are told in the toolbar.
  viewModeHotKey: '',
  clipPlaneHotKey: '',
  cycleClipPlaneHotKey: '',
};

/** From the threshold up: blue, green, yellow, white. */
export const probabilityColours = {
  R: [0, 62, 33, 94, 253, 255],
  G: [0, 74, 145, 201, 231, 255],
  B: [0, 137, 140, 98, 37, 220],
  A: [0, 190, 200, 210, 220, 230],
  I: [0, 1, 80, 150, 220, 255],
};
