/** `#rrggbb`. */
export type Colour = string;

/**
 * The colour of a label number, `#rrggbb`, where nobody chose another: hues a golden angle apart, so that any few
 * neighbouring labels look different. Lightness alternates in thirds.
 */
export function paletteColour(label: number): Colour {
  const hue = (label * 137.508 + 210) % 360;
  const lightness = [0.6, 0.48, 0.72][label % 3] ?? 0.6;
  const chroma = 0.85 * (1 - Math.abs(2 * lightness - 1));
  const channel = (offset: number): string => {
    const place = (offset + hue / 30) % 12;
    const value = lightness - (chroma / 2) * Math.max(-1, Math.min(place - 3, 9 - place, 1));
    return Math.round(255 * value)
      .toString(16)
      .padStart(2, '0');
  };
  return `#${channel(0)}${channel(8)}${channel(4)}`;
}

export function parseColour(colour: Colour): readonly [red: number, green: number, blue: number] {
  const value = parseInt(colour.slice(1), 16);
  return [value >> 16, (value >> 8) & 255, value & 255];
}
