import { PNG } from 'pngjs';
import { drawText, FONT } from './font.js';

export type Rgb = readonly [red: number, green: number, blue: number];

/** An opaque picture in memory; y grows downwards. Whatever falls outside is not drawn. */
export class Canvas {
  readonly #png: PNG;

  constructor(
    readonly width: number,
    readonly height: number,
    background: Rgb,
  ) {
    this.#png = new PNG({ width, height, colorType: 2 });
    this.rectangle(0, 0, width, height, background);
  }

  /** @param opacity 0 to 1 */
  blend(x: number, y: number, [red, green, blue]: Rgb, opacity: number): void {
    if (x < 0 || y < 0 || x >= this.width || y >= this.height) return;
    const { data } = this.#png;
    const at = (y * this.width + x) * 4;
    data[at] = Math.round(data[at] * (1 - opacity) + red * opacity);
    data[at + 1] = Math.round(data[at + 1] * (1 - opacity) + green * opacity);
    data[at + 2] = Math.round(data[at + 2] * (1 - opacity) + blue * opacity);
    data[at + 3] = 255;
  }

  rectangle(x: number, y: number, width: number, height: number, colour: Rgb): void {
    for (let dy = 0; dy < height; dy++) for (let dx = 0; dx < width; dx++) this.blend(x + dx, y + dy, colour, 1);
  }

  /** @param scale whole pixels per dot of the font */
  text(x: number, y: number, text: string, colour: Rgb, scale: number): void {
    drawText(text, (dx, dy) => this.rectangle(x + dx * scale, y + dy * scale, scale, scale, colour));
  }

  /** Text with a dark rim, readable on any picture. */
  rimmedText(x: number, y: number, text: string, colour: Rgb, scale: number): void {
    drawText(text, (dx, dy) => this.rectangle(x + dx * scale - 1, y + dy * scale - 1, scale + 2, scale + 2, [0, 0, 0]));
    this.text(x, y, text, colour, scale);
  }

  /** PNG, 8 bits RGB; equal pictures give equal bytes. */
  encode(): Uint8Array {
    return PNG.sync.write(this.#png, { colorType: 2, deflateLevel: 9 });
  }
}

export const textHeight = (scale: number): number => FONT.height * scale;
