import type { PackSummary } from '@parse3d/shared/contract';
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
  modality: string,
  signal: AbortSignal,
): Promise<Suggestion[]> {
  const own = matching(typed, targetPrompts(pack)).map((prompt) => ({ prompt, group: pack.id }));
  if (pack.kind === 'label-map' || own.length >= MOST) return own.slice(0, MOST);
  const tasks = (await searchTasks(modality, typed, signal)) ?? [];
  const known = new Set(own.map(({ prompt }) => prompt));
  const listed = new Set(targetPrompts(pack));
  const others = tasks
    .filter(({ prompt }) => !known.has(prompt))
    .map(({ prompt, group }) => ({ prompt, group: listed.has(prompt) ? group : `outside ${pack.id}` }));
  return [...own, ...others].slice(0, MOST);
}

/** Texts that have a word beginning with every typed word; those that begin with the whole come first. */
export function matching(typed: string, texts: readonly string[]): string[] {
  const plain = typed.trim().toLowerCase();
  const words = plain.split(/\s+/);
  const hits = texts.filter((text) => words.every((word) => text.split(' ').some((part) => part.startsWith(word))));
  return [...hits.filter((text) => text.startsWith(plain)), ...hits.filter((text) => !text.startsWith(plain))];
}

/**
 * How a prompt stands to a pack: `listed` is what the pack names; `other` is accepted by a promptable pack without
 * promise, and tried against synonyms by a pack with fixed classes.
 */
export function standing(text: string, pack: PackSummary): 'empty' | 'listed' | 'other' {
  const plain = text.trim().toLowerCase();
  if (plain === '') return 'empty';
  return targetPrompts(pack).includes(plain) ? 'listed' : 'other';
}
