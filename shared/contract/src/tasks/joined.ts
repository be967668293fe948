import type { Target } from '../pack.js';
import { canonicalWord, plainText } from '../text/phrase.js';
import { allTasks } from './index.js';

/** Separates everywhere, also inside of a name. */
const SEPARATOR = '[SEP]';
const AND = '&';

/**
 * The targets of a text that names several, joined by `[SEP]` as the published code writes them or by `&` as the hosted
 * endpoint does. Empty parts are left out.
 *
 * A name that has an `&` (or "and") of its own, `head & neck cancer`, stays one target: the longest name of the catalogue
 * or of `targets` counts. In other texts `&&` stands for an ampersand that does not separate.
 * @param targets those of a pack, whose names count as those of the catalogue do
 */
export function splitJoinedPrompts(text: string, targets: readonly Target[] = []): string[] {
  const names = [...catalogueNames(), ...namesWithAnd(targets)].sort((a, b) => b.length - a.length);
  return text
    .split(SEPARATOR)
    .flatMap((part) => splitAtAnd(part, names))
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

/** Words in their canonical form, with `&` for "and". */
type Words = readonly string[];

interface Token {
  /** Canonical word, or `&`. */
  readonly word: string;
  /** The text itself: `and`, `&` and `&&` are all one word. */
  readonly raw: string;
  readonly at: number;
}

/** Letters with their accents and digits are words, everything else but an ampersand only parts them. */
const TOKENS = /&&|&|[\p{L}\p{N}\p{M}]+/gu;

const tokensOf = (text: string): Token[] =>
  [...text.matchAll(TOKENS)].map(({ 0: raw, index }) => {
    const isAnd = raw === AND || raw === '&&' || raw.toLowerCase() === 'and';
    return { word: isAnd ? AND : canonicalWord(plainText(raw)), raw, at: index };
  });

function splitAtAnd(text: string, names: readonly Words[]): string[] {
  const tokens = tokensOf(text);
  const inName = ofNames(tokens, names);
  const parts: string[] = [];
  let part = '';
  let from = 0;
  tokens.forEach(({ raw, at }, index) => {
    if (raw !== AND && raw !== '&&') return;
    const isPlain = raw === '&&' || inName.has(index) || isSide(part + text.slice(from, at));
    part += text.slice(from, at) + (isPlain ? AND : '');
    from = at + raw.length;
    if (isPlain) return;
    parts.push(part);
    part = '';
  });
  return [...parts, part + text.slice(from)];
}

/** A side alone, as in `left & right kidney`, is not a target. */
const isSide = (part: string): boolean => /^\s*(left|right)\s*$/i.test(part);

/** Which tokens lie inside of a name, the longest first. */
function ofNames(tokens: readonly Token[], names: readonly Words[]): ReadonlySet<number> {
  const inside = new Set<number>();
  for (let at = 0; at < tokens.length;) {
    const name = names.find((words) => words.every((word, n) => tokens[at + n]?.word === word));
    for (let n = 0; n < (name?.length ?? 0); n += 1) inside.add(at + n);
    at += name?.length ?? 1;
  }
  return inside;
}

const namesWithAnd = (targets: readonly Target[]): Words[] =>
  targets
    .flatMap(({ name, synonyms }) => [name, ...synonyms])
    .map((name) => tokensOf(name).map(({ word }) => word))
    .filter((words) => words.slice(1, -1).includes(AND));

let ofCatalogue: readonly Words[] | undefined;

/** The catalogue does not change. */
const catalogueNames = (): readonly Words[] => (ofCatalogue ??= namesWithAnd(allTasks()));
