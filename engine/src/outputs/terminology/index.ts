import type { Pack } from '@parse3d/contract';
import { anyTissue, categories, conceptsByName, left, right, type Code, type Concept } from './codes.js';

export { conceptsByName, type Code } from './codes.js';

/** What a segment is, in codes. */
export interface SegmentCode {
  readonly category: Code;
  readonly type: Code;
  readonly side?: Code;
  readonly region?: Code;
}

/**
 * The codes of what a prompt asks for, by its words, else by its class in the pack; "Tissue" where there is no code for
 * it. Names count as a whole: "liver" is the liver, "liver vessels" is not.
 * @param pack tells what words mean that have several meanings: "ventricles" are the brain's in a pack of the brain
 */
export function codeOf(prompt: string, classes: readonly string[] = [], pack?: Pack): SegmentCode {
  const [only] = classes;
  // A prompt that stands for several classes is none of them.
  const names = [prompt, ...(classes.length === 1 && only !== undefined ? [only] : [])];
  const prefixes = pack !== undefined && isOfTheBrain(pack) ? ['', 'brain '] : [''];
  for (const name of names) {
    for (const prefix of prefixes) {
      const found = lookUp(`${prefix}${name}`);
      if (found !== undefined) return found;
    }
  }
  return { category: categories.tissue, type: anyTissue };
}

function isOfTheBrain(pack: Pack): boolean {
  const targets = pack.kind === 'label-map' ? pack.model.classes : pack.targets;
  return targets.some(({ name }) => name === 'brain' || name === 'thalamus');
}

function lookUp(name: string): SegmentCode | undefined {
  const words = plainWords(name);
  const sides = words.filter((word) => word === 'left' || word === 'right');
  if (new Set(sides).size > 1) return undefined;
  const rest = words.filter((word) => word !== 'left' && word !== 'right');
  const concept = find(rest);
  if (concept === undefined) return undefined;
  const side = sides[0] === 'left' ? left : sides[0] === 'right' ? right : undefined;
  const { category, type, region } = concept;
  return {
    category: categories[category],
    type,
    ...(side === undefined ? {} : { side }),
    ...(region === undefined ? {} : { region }),
  };
}

/** "the left kidney in abdominal CT" is about a left kidney: where and in which image it is seen is left out. */
function plainWords(name: string): string[] {
  const [target = ''] = name.toLowerCase().split(/\s(?:in|on|from)\s/);
  return target
    .replace(/[^\p{L}\p{N}\s]+/gu, ' ')
    .split(/\s+/)
    .filter((word) => word !== '' && word !== 'the' && word !== 'a' && word !== 'an');
}

function find(words: readonly string[]): Concept | undefined {
  const name = words.join(' ');
  const singular = name.replace(/s$/, '');
  return conceptsByName.get(name) ?? conceptsByName.get(singular);
}
