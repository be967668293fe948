import type { Target } from '../pack.js';
import { keysOf, namePhrase, readings, type Phrase } from './phrase.js';

type Side = Target['side'];

/** A name that targets answer to. Several targets may share one: `brain` stands for all of them together. */
interface Name<T extends Target> {
  readonly text: string;
  readonly targets: T[];
}

/** Targets by everything that they are called; names count before synonyms. */
export interface Names<T extends Target> {
  readonly byName: ReadonlyMap<string, Name<T>>;
  readonly bySynonym: ReadonlyMap<string, Name<T>>;
}

/** A name that a text stands for, and the side that it asks for. */
export interface Found<T extends Target> {
  readonly name: Name<T>;
  readonly side: Side;
}

export function namesOf<T extends Target>(targets: readonly T[]): Names<T> {
  const byName = new Map<string, Name<T>>();
  const bySynonym = new Map<string, Name<T>>();
  for (const target of targets) {
    add(byName, target.name, target);
    for (const synonym of target.synonyms) add(bySynonym, synonym, target);
  }
  return { byName, bySynonym };
}

/** The readings of a text, the most literal first, with the keys that they are looked up by. */
export type Query = readonly {
  readonly side: Side;
  /** With the side as a word of the name: `left ventricle` may be the whole name of a target. */
  readonly whole: readonly string[];
  readonly keys: readonly string[];
}[];

/** A text to look up, in all its readings; with `literal` without leaving any words out. */
export const queryOf = (text: string, { literal = false } = {}): Query =>
  (literal ? [namePhrase(text)] : readings(text)).map((phrase) => ({
    side: phrase.side,
    whole: wholeKeys(phrase),
    keys: keysOf(phrase),
  }));

/**
 * Finds what a text stands for: whatever its case, punctuation, word order, number (singular, plural) and spelling
 * (British, American), and without the words about the image (`in abdominal CT`). The first reading of the text that is a
 * name counts; if none is, the first that is a synonym.
 */
export function lookUpName<T extends Target>(query: Query, names: Names<T>): Found<T> | undefined {
  for (const map of [names.byName, names.bySynonym]) {
    for (const { whole, keys, side } of query) {
      // A target that has the side in its name has no other side.
      const target = first(map, whole);
      if (target !== undefined) return { name: target, side: undefined };
      const name = first(map, keys);
      if (name !== undefined) return { name, side };
    }
  }
  return undefined;
}

/** Those of one side; without a side all. */
export const ofSide = <T extends Target>(targets: readonly T[], side: Side): readonly T[] =>
  side === undefined ? targets : targets.filter((target) => target.side === side);

/** `left hippocampus`. */
export const withSide = (name: string, side: Side): string => (side === undefined ? name : `${side} ${name}`);

function first<T extends Target>(map: ReadonlyMap<string, Name<T>>, keys: readonly string[]): Name<T> | undefined {
  return keys.map((key) => map.get(key)).find((found) => found !== undefined);
}

function wholeKeys(phrase: Phrase): readonly string[] {
  return phrase.side === undefined ? [] : keysOf({ words: [`<${phrase.side}>`, ...phrase.words], side: undefined });
}

function add<T extends Target>(names: Map<string, Name<T>>, text: string, target: T): void {
  const phrase = namePhrase(text);
  if (phrase.words.length === 0) return;
  const isWhole = phrase.side !== undefined && target.side === undefined;
  // A synonym with a side, such as `left ear`, belongs to the target of that side alone.
  if (!isWhole && phrase.side !== undefined && phrase.side !== target.side) return;
  const shown = isWhole || phrase.side === undefined ? text : phrase.words.join(' ');
  for (const key of new Set(isWhole ? wholeKeys(phrase) : keysOf(phrase))) {
    const known = names.get(key);
    if (known === undefined) names.set(key, { text: shown, targets: [target] });
    else if (!known.targets.includes(target)) known.targets.push(target);
  }
}
