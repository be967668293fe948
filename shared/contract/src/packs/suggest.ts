import type { Modality, Pack, Target } from '../index.js';
import { ofSide, withSide, type Found } from '../text/names.js';
import { rank, type Meter } from '../text/nearest.js';
import { namePhrase, readings } from '../text/phrase.js';
import { findName, isName, namesToOffer, type PackTargets } from './names.js';

/** Unknown prompts of one request that are compared with the names of the pack; the others are refused or marked alone. */
export const MOST_COMPARED = 8;

/** Likeness from which a name is what was probably meant. */
const ALIKE = 0.65;

/** Parts of a prompt that are looked up; a longer list is not looked at. */
const MOST_PARTS = 16;

/** Names that a prompt without a match may have meant, and how sure that is. */
export interface Suggestions {
  /** At most five, the most similar first. */
  readonly names: readonly string[];
  /** The first of them, where it is hardly anything else. */
  readonly likely: string | undefined;
}

/**
 * What the prompt may have meant: the name without its side, or on the other one, where only the side is wrong; else the
 * names that are spelt most like it. The work is bounded by the names of the pack, however long the prompt is.
 * @param found the name that the prompt stands for, of which there is no target of its side
 */
export function suggestionsFor(
  pack: Pack | PackTargets,
  text: string,
  found: Found<Target> | undefined,
  modality?: Modality,
  meter?: Meter,
): Suggestions {
  if (found !== undefined) {
    const sides = new Set(found.name.targets.map(({ side }) => side));
    const names = [...sides].map((side) => withSide(found.name.text, side));
    return { names, likely: names[0] };
  }
  // Words about the image would only blur the comparison.
  const { words, side } = readings(text).at(-1) ?? namePhrase(text);
  const query = withSide(words.join(' '), side);
  if (query === '') return { names: [], likely: undefined };
  const ranked = rank(query, namesToOffer(pack, side, modality), 5, meter);
  const [best] = ranked;
  return {
    names: ranked.map(({ candidate }) => candidate),
    likely: best !== undefined && best.score >= ALIKE ? ownName(pack, best.candidate, modality) : undefined,
  };
}

/** The name of the target that a synonym stands for; a synonym of several targets stays what it is. */
function ownName(pack: Pack | PackTargets, synonym: string, modality: Modality | undefined): string {
  const { name, side } = findName(pack, synonym, modality) ?? {};
  const names = new Set(name?.targets.map((target) => target.name));
  const [only] = names;
  return only !== undefined && names.size === 1 ? withSide(only, side) : synonym;
}

/**
 * The targets that one prompt names several of, as in `thalamus, brainstem`: when the whole is not a name and every part
 * is. Undefined for one target.
 */
export function partsOf(pack: Pack | PackTargets, text: string, modality?: Modality): readonly string[] | undefined {
  const parts = text
    .split(/[,;|/&+]|\[SEP\]|\band\b/iu)
    .map((part) => part.trim())
    .filter((part) => part !== '');
  if (parts.length < 2 || parts.length > MOST_PARTS || isName(pack, text, modality)) return undefined;
  const found = new Set<string>();
  for (const part of parts) {
    const { name, side } = findName(pack, part, modality) ?? {};
    if (name === undefined || ofSide(name.targets, side).length === 0) return undefined;
    found.add(withSide(name.text, side));
  }
  return found.size < 2 ? undefined : parts;
}

/** The sentence about a prompt that names several targets. */
export const hintOf = (parts: readonly string[]): string =>
  `it looks like ${parts.length} targets (${parts.join('; ')}); give each a prompt of its own`;
