import type { Modality } from '../primitives.js';
import { withSide } from '../text/names.js';
import { similarity } from '../text/nearest.js';
import { plainText, readings } from '../text/phrase.js';
import { allTasks } from './catalogue.js';
import type { Task } from './types.js';

export interface TaskSearch {
  /** Without it all modalities are searched. */
  readonly modality?: Modality | undefined;
  /** What has been typed so far; empty lists the catalogue in its own order. */
  readonly q?: string | undefined;
  readonly limit: number;
}

/** Likeness below which a misspelt word is another word. */
const ALIKE = 0.65;

/**
 * The tasks that a half-typed prompt may become, the likeliest first: names that begin with it, then names whose words
 * begin with its words, then synonyms and groups likewise, then names that are nearly spelt so.
 */
export function searchTasks({ modality, q = '', limit }: TaskSearch): { tasks: Task[]; total: number } {
  const tasks = allTasks(modality);
  const queries = queriesOf(q);
  if (queries.length === 0) return { tasks: tasks.slice(0, limit), total: tasks.length };
  const found = tasks
    .map((task) => ({ task, score: scoreOf(task, queries) }))
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score || a.task.prompt.length - b.task.prompt.length);
  return { tasks: found.slice(0, limit).map(({ task }) => task), total: found.length };
}

/** The text as typed, and without the words about the image. */
function queriesOf(q: string): string[] {
  const typed = plainText(q);
  if (typed === '') return [];
  const last = readings(q).at(-1);
  const target = last === undefined ? '' : withSide(last.words.join(' '), last.side);
  return target === '' || target === typed ? [typed] : [typed, target];
}

function scoreOf(task: Task, queries: readonly string[]): number {
  const { name, side, prompt, synonyms, group } = task;
  const spelt = synonyms.flatMap((synonym) => [synonym, withSide(synonym, side)]);
  let best = 0;
  for (const query of queries) {
    best = Math.max(best, textScore(query, prompt), 0.99 * textScore(query, name));
    for (const synonym of spelt) best = Math.max(best, 0.9 * textScore(query, synonym));
    best = Math.max(best, 0.5 * wordsScore(plainText(`${prompt} ${group}`).split(' '), query.split(' ')));
  }
  return best;
}

/** 1 for equal texts, 0 for nothing in common. */
function textScore(query: string, text: string): number {
  const plain = plainText(text);
  if (plain === query) return 1;
  // Of two names that begin so, the one that says least more is likelier.
  const share = query.length / Math.max(plain.length, query.length);
  if (plain.startsWith(query)) return 0.9 + 0.09 * share;
  const byWords = wordsScore(plain.split(' '), query.split(' '));
  if (byWords > 0) return 0.75 * byWords + 0.1 * share;
  const likeness = similarity(plain, query);
  return likeness > ALIKE ? 0.6 * likeness : 0;
}

/** 1 when every typed word begins a word of the text, in any order; 0 when one of them does not. */
function wordsScore(words: readonly string[], typed: readonly string[]): number {
  return typed.every((start) => words.some((word) => word.startsWith(start))) ? 1 : 0;
}
