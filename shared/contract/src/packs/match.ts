import { findTask, type LabelClass, type Modality, type Pack, type Prompt, type Target } from '../index.js';
import { lookUpName, namesOf, ofSide, withSide, type Names } from '../text/names.js';
import { nearest } from '../text/nearest.js';
import { namePhrase, readings } from '../text/phrase.js';
import { isProblem, Problem } from '../problems/index.js';

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

/**
 * Finds what a prompt stands for: by name or synonym, whatever the case, punctuation, word order, number (singular,
 * plural) and spelling (British, American), and without the words about the image (`in abdominal CT`). A prompt without
 * a side means both sides.
 * @param modality of the volume; without it any of the pack's counts
 * @throws Problem `prompt-unknown` with the nearest names, for label-map packs only
 */
export function matchPrompt(pack: Pack, text: string, modality?: Modality): PromptMatch {
  if (pack.kind === 'label-map') return matchClasses(pack, text, namesOf(pack.model.classes));
  if (pack.targets.length === 0) return matchCatalogue(pack, text, modality);
  const found = lookUpName(text, namesOf(pack.targets));
  if (found === undefined) return { classes: [], recommended: false, canonical: text.trim() };
  const targets = ofSide(found.name.targets, found.side);
  return { classes: [], recommended: targets.length > 0, canonical: withSide(found.name.text, found.side) };
}

/** A pack that lists no targets of its own was trained for those of the task catalogue. */
function matchCatalogue(pack: Pack, text: string, modality: Modality | undefined): PromptMatch {
  for (const each of modality === undefined ? pack.modalities : [modality]) {
    const found = findTask(each, text);
    if (found !== undefined) return { classes: [], recommended: true, canonical: found.canonical };
  }
  return { classes: [], recommended: false, canonical: text.trim() };
}

/**
 * Matches every prompt of a job.
 * @throws Problem `prompt-unknown` that tells of every prompt without a match: `fields.prompts` lists them, `fields.prompt`
 * and `fields.suggestions` are those of the first
 */
export function matchPrompts(pack: Pack, prompts: readonly Prompt[], modality?: Modality): PromptMatch[] {
  const problems: Problem[] = [];
  const matches = prompts.flatMap(({ text }) => {
    try {
      return [matchPrompt(pack, text, modality)];
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
  const found = lookUpName(text, names);
  if (found === undefined) {
    // Words about the image would only blur the comparison.
    const { words, side } = readings(text).at(-1) ?? namePhrase(text);
    const suggestions = nearest(withSide(words.join(' '), side), namesToOffer(pack.model.classes, side));
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
      [...sides].map((known) => withSide(name.text, known)),
    );
  }
  return {
    classes: [...classes].sort((a, b) => a.channel - b.channel),
    recommended: true,
    canonical: withSide(name.text, side ?? onlySide(classes)),
  };
}

function unknown(pack: Pack, prompt: string, reason: string, suggestions: readonly string[]): Problem {
  const offer = suggestions.length === 0 ? '' : `; did you mean ${suggestions.map((name) => `“${name}”`).join(', ')}?`;
  return new Problem('prompt-unknown', `${reason}${offer}`, { prompt, pack: pack.id, suggestions });
}

function onlySide(targets: readonly Target[]): Side {
  const [first] = targets;
  return targets.every(({ side }) => side === first?.side) ? first?.side : undefined;
}

function namesToOffer(targets: readonly Target[], side: Side): string[] {
  return targets.flatMap((target) => {
    const known = side !== undefined && target.side === side ? side : undefined;
    return [target.name, ...target.synonyms].map((name) => withSide(name, known));
  });
}
