import { parseColour } from '@parse3d/contract/palette';
import { textHeight, type Canvas, type Rgb } from './canvas.js';
import { FONT, textWidth } from './font.js';

export interface LegendEntry {
  readonly label: number;
  readonly prompt: string;
  /** `#rrggbb` */
  readonly colour: string;
  /** Of the whole mask; absent when nothing was found. */
  readonly volumeMl?: number | undefined;
  /** Whether the model was evaluated for this target. @default true */
  readonly recommended?: boolean;
  /** How many objects the mask has, where it was split. */
  readonly objects?: number | undefined;
}

const SCALE = 2;
const SWATCH = 14;
const LINE = textHeight(SCALE) + 8;
const COLUMN_GAP = 24;
const MOST = 36;
const NAME: Rgb = [232, 234, 238];
const FAINT: Rgb = [150, 156, 166];

interface LegendLine {
  readonly name: string;
  readonly amount: string;
  readonly colour: Rgb;
}

export interface Legend {
  readonly height: number;
  draw(canvas: Canvas, x: number, y: number): void;
}

/** Names with their colours and volumes, in as many columns as fit; long lists end in a count of the rest. */
export function layOutLegend(entries: readonly LegendEntry[], width: number): Legend {
  const shown = entries.slice(0, entries.length > MOST ? MOST - 1 : MOST);
  const rest = entries.length - shown.length;
  const lines = [
    ...shown.map(lineOf),
    ...(rest > 0 ? [{ name: `and ${rest} more`, amount: '', colour: undefined }] : []),
  ];
  const widest = Math.max(0, ...lines.map(({ name, amount }) => SWATCH + 8 + SCALE * textWidth(`${name} ${amount}`)));
  const columns = Math.max(1, Math.min(lines.length, Math.floor((width + COLUMN_GAP) / (widest + COLUMN_GAP))));
  const columnWidth = Math.floor((width + COLUMN_GAP) / columns);
  const rows = Math.ceil(lines.length / columns);
  return {
    height: rows * LINE,
    draw: (canvas, x, y) =>
      lines.forEach((line, n) => {
        const left = x + Math.floor(n / rows) * columnWidth;
        const top = y + (n % rows) * LINE;
        const room = Math.floor((columnWidth - COLUMN_GAP - SWATCH - 8) / (FONT.advance * SCALE));
        const name = shorten(line.name, room - line.amount.length - 1);
        if (line.colour !== undefined) canvas.rectangle(left, top, SWATCH, SWATCH, line.colour);
        canvas.text(left + SWATCH + 8, top, name, line.colour === undefined ? FAINT : NAME, SCALE);
        const after = left + SWATCH + 8 + (name.length + 1) * FONT.advance * SCALE;
        canvas.text(after, top, line.amount, FAINT, SCALE);
      }),
  };
}

/** `liver 1520 ml`; of a target that the model was not evaluated for, `tumor: not found, not evaluated for this model`. */
export function lineOf({ prompt, colour, volumeMl, objects, recommended = true }: LegendEntry): LegendLine {
  const found = volumeMl === undefined ? 'not found' : `${showMl(volumeMl)} ml${showObjects(objects)}`;
  const amount = recommended ? found : `${found}, not evaluated for this model`;
  return { name: recommended ? prompt : `${prompt}:`, amount, colour: parseColour(colour) };
}

function showObjects(count: number | undefined): string {
  if (count === undefined) return '';
  return count === 1 ? ', 1 object' : `, ${count} objects`;
}

function showMl(ml: number): string {
  if (ml >= 100) return ml.toFixed(0);
  return ml >= 0.1 ? ml.toFixed(1) : ml.toPrecision(1);
}

function shorten(text: string, room: number): string {
  return text.length <= room ? text : `${text.slice(0, Math.max(1, room - 2))}..`;
}
