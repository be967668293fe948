import type { Modality, PackSummary } from '@parse3d/contract';
import { searchTasks } from '../api/calls.js';
import { targetPrompts } from './draft.js';

export interface Suggestion {
  readonly prompt: string;
  /** Where it comes from. */
  readonly group: string;
}

const MOST = 9;

/** Prompts that a half-typed text may become: the pack's own targets first, then the catalogue for packs that take any text. */
export async function suggestions(
  typed: string,
  pack: PackSummary,
  modality: Modality,
  signal: AbortSignal,
): Promise<Suggestion[]> {
  const own = matching(typed, targetPrompts(pack)).map((prompt) => ({ prompt, group: pack.id }));
  if (pack.kind === 'label-map' || own.length >= MOST) return own.slice(0, MOST);
  const tasks = await searchTasks(modality, typed, signal);
  const known = new Set(own.map(({ prompt }) => prompt));
  const listed = new Set(targetPrompts(pack));
  const others = tasks
    .filter(({ prompt }) => !known.has(prompt))
    .map(({ prompt, group }) => ({ prompt, group: listed.has(prompt) ? group : `outside ${pack.id}` }));
  return [...own, ...others].slice(0, MOST);
}

/** Texts that have a word beginning with every typed word; those that begin with the whole come first. */
function matching(typed: string, texts: readonly string[]): string[] {
  const plain = typed.trim().toLowerCase();
  const words = plain.split(/\s+/);
  const hits = texts.filter((text) => words.every((word) => text.split(' ').some((part) => part.startsWith(word))));
  return [...hits.filter((text) => text.startsWith(plain)), ...hits.filter((text) => !text.startsWith(plain))];
}

/**
 * True for a prompt that the pack does not name: a promptable pack accepts it without promise, one with fixed classes
 * tries what else it may be. A pack without a list of its own was made for the catalogue, which is asked.
 */
export async function isOutside(
  text: string,
  pack: PackSummary,
  modality: Modality,
  signal: AbortSignal,
): Promise<boolean> {
  const plain = plainText(text);
  if (plain === '') return false;
  const known = pack.targets.length > 0 ? pack.targets : await searchTasks(modality, plain, signal);
  return !known.some((target) => namesOf(target).includes(plain));
}

const plainText = (text: string): string => text.normalize('NFC').trim().toLowerCase();

/** A target's name and synonyms, each also with its side. */
function namesOf({
  name,
  side,
  synonyms,
}: Pick<PackSummary['targets'][number], 'name' | 'side' | 'synonyms'>): string[] {
  const names = [name, ...synonyms];
  return [...names, ...(side === undefined ? [] : names.map((each) => `${side} ${each}`))].map(plainText);
}
