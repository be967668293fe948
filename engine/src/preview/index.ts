import type { Modality } from '@parse3d/contract';
import type { Vec3, Volume } from '@parse3d/volume/geometry';
import { parseColour } from '@parse3d/contract/palette';
import { ctWindows } from '../steps/intensity.js';
import { extent, percentiles } from '../steps/order-statistics.js';
import { anatomyOf, planesToShow, type Anatomy } from './anatomy.js';
import { Canvas, textHeight, type Rgb } from './canvas.js';
import { textWidth } from './font.js';
import { layOutLegend, type LegendEntry } from './legend.js';
import { drawGrey, drawLabels, extentMm, valuesOfPlane, views, type GreyRange, type PanelPlace } from './panel.js';

export type { LegendEntry } from './legend.js';

export interface PreviewRequest {
  readonly image: Volume;
  /** On the image's grid; 0 is background. */
  readonly labels: Volume;
  readonly legend: readonly LegendEntry[];
  readonly modality: Modality;
}

/** Pixels: the longest side of a panel, the frame around everything, the space between panels. */
const PANEL = 420;
const MARGIN = 14;
const GAP = 10;

const BACKGROUND: Rgb = [16, 18, 22];
const LETTER: Rgb = [255, 214, 102];
const FAINT: Rgb = [150, 156, 166];

/**
 * A PNG of three planes through what was found: axial, coronal and sagittal in radiological convention, all at one scale in
 * mm whatever the spacing and the axis order, labels as outlines with a light fill, and a legend. Equal input, equal bytes.
 */
export function renderPreview({ image, labels, legend, modality }: PreviewRequest): Uint8Array {
  const anatomy = anatomyOf(image.geometry);
  const planes = planesToShow(labels, anatomy);
  const places = layOutPanels(anatomy);
  const width = Math.max(...places.map((place) => place.x + place.width)) + MARGIN;
  const panelsEnd = Math.max(...places.map((place) => place.y + place.height));
  const key = layOutLegend(legend, width - 2 * MARGIN);

  const canvas = new Canvas(width, panelsEnd + GAP + key.height + MARGIN, BACKGROUND);
  const grey = greyRange(image, anatomy, planes, modality);
  const colours = new Map(legend.map(({ label, colour }) => [label, parseColour(colour)]));
  for (const [n, view] of views.entries()) {
    const place = places[n];
    if (place === undefined) continue;
    drawGrey(canvas, place, image.data, anatomy, view, planes, grey);
    drawLabels(canvas, place, labels.data, anatomy, view, planes, colours);
    canvas.text(place.x, MARGIN, view.name, FAINT, 2);
    drawLetters(canvas, place, view.letters);
  }
  key.draw(canvas, MARGIN, panelsEnd + GAP);
  return canvas.encode();
}

/** Panels side by side, one scale for all, standing on one line under their names. */
function layOutPanels(anatomy: Anatomy): PanelPlace[] {
  const extents = views.map((view) => extentMm(view, anatomy));
  const pixelsPerMm = PANEL / Math.max(...extents.flatMap(({ width, height }) => [width, height]));
  const top = MARGIN + textHeight(2) + 4;
  const pixels = (mm: number): number => Math.max(1, Math.round(mm * pixelsPerMm));
  const tallest = Math.max(...extents.map(({ height }) => pixels(height)));
  let x = MARGIN;
  return extents.map((mm, n) => {
    const [width, height] = [pixels(mm.width), pixels(mm.height)];
    const place = { x, y: top + Math.floor((tallest - height) / 2), width, height };
    // A panel may be thinner than its name is long.
    x += Math.max(width, textWidth(views[n]?.name ?? '') * 2) + GAP;
    return place;
  });
}

function drawLetters(canvas: Canvas, place: PanelPlace, letters: readonly [string, string, string, string]): void {
  const [left, right, top, bottom] = letters;
  const scale = 2;
  const [wide, high] = [textWidth('R') * scale, 7 * scale];
  if (place.width < 4 * wide || place.height < 4 * high) return;
  const middle = {
    x: place.x + Math.floor((place.width - wide) / 2),
    y: place.y + Math.floor((place.height - high) / 2),
  };
  canvas.rimmedText(place.x + 4, middle.y, left, LETTER, scale);
  canvas.rimmedText(place.x + place.width - wide - 4, middle.y, right, LETTER, scale);
  canvas.rimmedText(middle.x, place.y + 4, top, LETTER, scale);
  canvas.rimmedText(middle.x, place.y + place.height - high - 4, bottom, LETTER, scale);
}

/** CT in Hounsfield units by the soft-tissue window; anything else by percentiles of the voxels that are shown. */
function greyRange(image: Volume, anatomy: Anatomy, planes: Vec3, modality: Modality): GreyRange {
  const shown = views.map((view) => valuesOfPlane(image.data, anatomy, view, planes));
  const values = new Float32Array(shown.reduce((sum, plane) => sum + plane.length, 0));
  let at = 0;
  for (const plane of shown) {
    values.set(plane, at);
    at += plane.length;
  }
  const range = extent(values, 'all') ?? { min: 0, max: 1 };
  if (modality === 'ct' && (range.min < 0 || range.max > 255)) {
    const { width, level } = ctWindows['soft-tissue'];
    return { low: level - width / 2, high: level + width / 2 };
  }
  const [low = range.min, high = range.max] =
    percentiles(values, [1, 99.5], 'positive') ?? percentiles(values, [0.5, 99.5], 'all') ?? [];
  return { low: Math.min(low, high), high };
}
