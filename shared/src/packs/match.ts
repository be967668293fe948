import type { LabelClass, Pack, Prompt, Target } from '../contract/index.js';
import { isProblem, Problem } from '../problems/index.js';
import { nearest } from './nearest.js';
import { keysOf, namePhrase, readings } from './phrase.js';
import type { Phrase } from './phrase.js';

/** What a prompt stands for in a pack. */
export interface PromptMatch {
  /** Classes whose union is the target, by channel; empty for packs that take any prompt. */
  readonly classes: readonly LabelClass[];
  /** Whether the pack was trained and evaluated for this target. */
  readonly recommended: boolean;
  /** The target as the pack names it, with its side: `left hippocampus`. */
  readonly canonical: string;
}

type LabelMapPack = Extract<Pack, { kind: 'label-map' }>;
type Side = Target['side'];

/** A name that targets answer to. Several targets may share one: `brain` stands for all of them together. */
interface Name<T extends Target> {
  readonly text: string;
  readonly targets: T[];
}
interface Names<T extends Target> {
  readonly byName: ReadonlyMap<string, Name<T>>;
  readonly bySynonym: ReadonlyMap<string, Name<T>>;
}

/**
 * Finds what a prompt stands for: by name or synonym, whatever the case, punctuation, word order, number (singular,
 * plural) and spelling (British, American), and without the words about the image (`in abdominal CT`). A prompt without
 * a side means both sides.
 * @throws Problem `prompt-unknown` with the nearest names, for label-map packs only
 */
export function matchPrompt(pack: Pack, text: string): PromptMatch {
  if (pack.kind === 'label-map') return matchClasses(pack, text, namesOf(pack.model.classes));
  const found = look(text, namesOf(pack.targets));
  if (found === undefined) return { classes: [], recommended: false, canonical: text.trim() };
  const targets = ofSide(found.name.targets, found.side);
  return { classes: [], recommended: targets.length > 0, canonical: display(found.name.text, found.side) };
}

/**
 * Matches every prompt of a job.
 * @throws Problem `prompt-unknown` that tells of every prompt without a match: `fields.prompts` lists them, `fields.prompt`
 * and `fields.suggestions` are those of the first
 */
export function matchPrompts(pack: Pack, prompts: readonly Prompt[]): PromptMatch[] {
  const problems: Problem[] = [];
  const matches = prompts.flatMap(({ text }) => {
    try {
      return [matchPrompt(pack, text)];
    } catch (error) {
      if (!isProblem(error, 'prompt-unknown')) throw error;
      problems.push(error);
      return [];
    }
  });
  const [first] = problems;
  if (first === undefined) return matches;
  throw new Problem('prompt-unknown', problems.map(({ message }) => message).join('; '), {
    ...first.fields,
    prompts: problems.map(({ message, fields }) => ({ ...fields, detail: message })),
  });
}

function matchClasses(pack: LabelMapPack, text: string, names: Names<LabelClass>): PromptMatch {
  const found = look(text, names);
  if (found === undefined) {
    // Words about the image would only blur the comparison.
    const { words, side } = readings(text).at(-1) ?? namePhrase(text);
    const suggestions = nearest(display(words.join(' '), side), namesToOffer(pack.model.classes, side));
    throw unknown(pack, text, `the pack ${pack.id} has no target named “${text}”`, suggestions);
  }
  const { name, side } = found;
  const classes = ofSide(name.targets, side);
  if (classes.length === 0) {
    const sides = new Set(name.targets.map((target) => target.side));
    const detail = sides.has(undefined)
      ? `the pack ${pack.id} does not tell left from right for “${name.text}”`
      : `the pack ${pack.id} knows “${name.text}” on the other side only`;
    throw unknown(
      pack,
      text,
      detail,
      [...sides].map((known) => display(name.text, known)),
    );
  }
  return {
    classes: [...classes].sort((a, b) => a.channel - b.channel),
    recommended: true,
    canonical: display(name.text, side ?? onlySide(classes)),
  };
}

function unknown(pack: Pack, prompt: string, reason: string, suggestions: readonly string[]): Problem {
  const offer = suggestions.length === 0 ? '' : `; did you mean ${suggestions.map((name) => `“${name}”`).join(', ')}?`;
  return new Problem('prompt-unknown', `${reason}${offer}`, { prompt, pack: pack.id, suggestions });
}

/** The first reading of the prompt that is a name; if none is, the first that is a synonym. */
function look<T extends Target>(text: string, names: Names<T>): { name: Name<T>; side: Side } | undefined {
  const phrases = readings(text);
  for (const map of [names.byName, names.bySynonym]) {
    for (const phrase of phrases) {
      const name = keysOf(phrase)
        .map((key) => map.get(key))
        .find((found) => found !== undefined);
      if (name !== undefined) return { name, side: phrase.side };
    }
  }
  return undefined;
}

function namesOf<T extends Target>(targets: readonly T[]): Names<T> {
  const byName = new Map<string, Name<T>>();
  const bySynonym = new Map<string, Name<T>>();
  for (const target of targets) {
    add(byName, target.name, target);
    for (const synonym of target.synonyms) add(bySynonym, synonym, target);
  }
  return { byName, bySynonym };
}

function add<T extends Target>(names: Map<string, Name<T>>, text: string, target: T): void {
  const phrase: Phrase = namePhrase(text);
  // A synonym with a side, such as `left ear`, belongs to the target of that side alone.
  if (phrase.words.length === 0 || (phrase.side !== undefined && phrase.side !== target.side)) return;
  for (const key of new Set(keysOf(phrase))) {
    const known = names.get(key);
    if (known === undefined) names.set(key, { text: withoutSide(text, phrase), targets: [target] });
    else if (!known.targets.includes(target)) known.targets.push(target);
  }
}

const withoutSide = (text: string, { side, words }: Phrase): string => (side === undefined ? text : words.join(' '));

const ofSide = <T extends Target>(targets: readonly T[], side: Side): readonly T[] =>
  side === undefined ? targets : targets.filter((target) => target.side === side);

function onlySide(targets: readonly Target[]): Side {
  const [first] = targets;
  return targets.every(({ side }) => side === first?.side) ? first?.side : undefined;
}

const display = (name: string, side: Side): string => (side === undefined ? name : `${side} ${name}`);

function namesToOffer(targets: readonly Target[], side: Side): string[] {
  return targets.flatMap((target) => {
    const known = side !== undefined && target.side === side ? side : undefined;
    return [target.name, ...target.synonyms].map((name) => display(name, known));
  });
}
