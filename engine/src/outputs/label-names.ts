import { parseColour, type Colour } from '@parse3d/contract/palette';

export interface LabelName {
  /** Value in the label map. */
  readonly id: number;
  /** The prompt, as given. */
  readonly prompt: string;
  readonly colour: Colour;
}

/**
 * `labels.json`: `targets` for programs, and beside it the same as a NiiVue label colour map (R, G, B, A, I, labels; entry
 * 0 is the transparent background), which `setColormapLabel` takes as it is.
 */
export function labelsJson(names: readonly LabelName[]): string {
  const colours = names.map(({ colour }) => parseColour(colour));
  const map = {
    R: [0, ...colours.map(([red]) => red)],
    G: [0, ...colours.map(([, green]) => green)],
    B: [0, ...colours.map(([, , blue]) => blue)],
    A: [0, ...colours.map(() => 255)],
    I: [0, ...names.map(({ id }) => id)],
    labels: ['background', ...names.map(({ prompt }) => prompt)],
  };
  return `${JSON.stringify({ schemaVersion: 1, targets: names, ...map }, null, 2)}\n`;
}

/** `labels.txt`: a label description file of ITK-SNAP (index, red, green, blue, opacity, visible, mesh, "name"). */
export function labelsTxt(names: readonly LabelName[]): string {
  const line = (id: number, rgb: readonly number[], shown: 0 | 1, name: string): string =>
    `${String(id).padStart(5)} ${rgb.map((value) => String(value).padStart(4)).join('')}  ${shown}  ${shown}  ${shown}  "${name}"`;
  // A quote or a line break would end the name early.
  const plain = (prompt: string): string => prompt.replace(/["\p{Cc}]/gu, ' ');
  return [
    '# ITK-SnAP Label Description File',
    line(0, [0, 0, 0], 0, 'Clear Label'),
    ...names.map(({ id, prompt, colour }) => line(id, parseColour(colour), 1, plain(prompt))),
    '',
  ].join('\n');
}
