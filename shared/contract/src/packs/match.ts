import type { LabelClass, Modality, Pack, Prompt, Target } from '../index.js';
import { lookUpName, ofSide, queryOf, withSide, type Found } from '../text/names.js';
import type { Meter } from '../text/nearest.js';
import { isProblem, Problem } from '../problems/index.js';
import { classNames, findName } from './names.js';
import { hintOf, MOST_COMPARED, partsOf, suggestionsFor } from './suggest.js';

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
 * a side means both sides. A pack that lists no targets of its own was trained for those of the task catalogue.
 * @param modality of the volume; without it any of the pack's counts
 * @throws Problem `prompt-unknown` with the nearest names, for label-map packs only
 */
export function matchPrompt(pack: Pack, text: string, modality?: Modality): PromptMatch {
  return match(pack, text, modality, true);
}

function match(pack: Pack, text: string, modality: Modality | undefined, compare: boolean, meter?: Meter): PromptMatch {
  if (pack.kind === 'label-map') return matchClasses(pack, text, compare, meter);
  const found = findName(pack, text, modality);
  const targets = found === undefined ? [] : ofSide(found.name.targets, found.side);
  const canonical = found === undefined ? text.trim() : withSide(found.name.text, found.side);
  return { classes: [], recommended: targets.length > 0, canonical };
}

/**
 * Matches every prompt of a job. Only the first few without a match are compared with the names of the pack, so that a
 * long list of unknown prompts costs no more than a short one.
 * @throws Problem `prompt-unknown` about every prompt without a match: `fields.prompts` lists them, `fields.prompt` and
 * `fields.suggestions` are those of the first
 */
export function matchPrompts(
  pack: Pack,
  prompts: readonly Prompt[],
  modality?: Modality,
  meter?: Meter,
): PromptMatch[] {
  const problems: Problem[] = [];
  const matches = prompts.flatMap(({ text }) => {
    try {
      return [match(pack, text, modality, problems.length < MOST_COMPARED, meter)];
    } catch (error) {
      if (!isProblem(error, 'prompt-unknown')) throw error;
      problems.push(error);
      return [];
    }
  });
  const [first] = problems;
  if (first === undefined) return matches;
  const told = problems.slice(0, MOST_COMPARED).map(({ message }) => message);
  const rest = problems.length - told.length;
  if (rest > 0) told.push(`and ${rest} more, which were not compared with its names`);
  throw new Problem('prompt-unknown', told.join('; '), {
    ...first.fields,
    prompts: problems.map(({ message, fields }) => ({ ...fields, detail: message })),
  });
}

function matchClasses(pack: LabelMapPack, text: string, compare: boolean, meter: Meter | undefined): PromptMatch {
  const found = lookUpName(queryOf(text), classNames(pack.model.classes));
  const classes = found === undefined ? [] : ofSide(found.name.targets, found.side);
  if (found === undefined || classes.length === 0) throw unknown(pack, text, found, compare, meter);
  return {
    classes: [...classes].sort((a, b) => a.channel - b.channel),
    recommended: true,
    canonical: withSide(found.name.text, found.side ?? onlySide(classes)),
  };
}

function unknown(
  pack: LabelMapPack,
  prompt: string,
  found: Found<LabelClass> | undefined,
  compare: boolean,
  meter: Meter | undefined,
): Problem {
  const reason = reasonOf(pack, prompt, found);
  if (!compare) return new Problem('prompt-unknown', reason, { prompt, pack: pack.id, suggestions: [] });
  const parts = found === undefined ? partsOf(pack, prompt) : undefined;
  if (parts !== undefined) {
    return new Problem('prompt-unknown', `${reason}; ${hintOf(parts)}`, { prompt, pack: pack.id, suggestions: parts });
  }
  const suggestions = suggestionsFor(pack, prompt, found, undefined, meter).names;
  const offer = suggestions.length === 0 ? '' : `; did you mean ${suggestions.map((name) => `“${name}”`).join(', ')}?`;
  return new Problem('prompt-unknown', `${reason}${offer}`, { prompt, pack: pack.id, suggestions });
}

function reasonOf(pack: LabelMapPack, prompt: string, found: Found<LabelClass> | undefined): string {
  if (found === undefined) return `the pack ${pack.id} has no target named “${prompt}”`;
  return found.name.targets.some(({ side }) => side === undefined)
    ? `the pack ${pack.id} does not tell left from right for “${found.name.text}”`
    : `the pack ${pack.id} knows “${found.name.text}” on the other side only`;
}

function onlySide(targets: readonly Target[]): Side {
  const [first] = targets;
  return targets.every(({ side }) => side === first?.side) ? first?.side : undefined;
}
