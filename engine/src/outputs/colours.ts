import type { Finding, Pack } from '@parse3d/contract';
import { paletteColour, parseColour, type Colour } from '@parse3d/contract/palette';

/** Darker colours (relative luminance) cannot be told from the background of a preview. */
const DARKEST = 0.06;

/**
 * A colour per finding: its class's own where the pack gives one, else one of a palette, chosen by label number. No
 * colour is given twice, and equal requests get equal colours.
 */
export function coloursOf(findings: readonly Finding[], pack: Pack): Colour[] {
  const taken = new Set<Colour>();
  return findings.map((finding) => {
    const own = classColour(finding, pack);
    let colour = own !== undefined && !taken.has(own) ? own : paletteColour(finding.label);
    for (let n = 1; taken.has(colour); n++) colour = paletteColour(finding.label + n * 1009);
    taken.add(colour);
    return colour;
  });
}

function classColour({ classes = [] }: Finding, pack: Pack): Colour | undefined {
  const targets = pack.kind === 'label-map' ? pack.model.classes : pack.targets;
  const found = targets.find(({ name, side }) => classes.includes(side === undefined ? name : `${side} ${name}`));
  return found?.colour !== undefined && luminance(found.colour) >= DARKEST ? found.colour : undefined;
}

function luminance(colour: Colour): number {
  const [red, green, blue] = parseColour(colour).map((value) => (value / 255) ** 2.2);
  return 0.2126 * (red ?? 0) + 0.7152 * (green ?? 0) + 0.0722 * (blue ?? 0);
}
