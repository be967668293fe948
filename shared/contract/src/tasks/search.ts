import type { Modality } from '../primitives.js';
import { withSide } from '../text/names.js';
import { similarity, type Meter } from '../text/nearest.js';
import { plainText, readings } from '../text/phrase.js';
import { allTasks } from './catalogue.js';
import type { Task } from './types.js';

export interface TaskSearch {
  /** Without it all modalities are searched. */
  readonly modality?: Modality | undefined;
  /** What has been typed so far; empty lists the catalogue in its own order. */
  readonly q?: string | undefined;
  readonly limit: number;
  /** Counts the work. */
  readonly meter?: Meter;
}

/** Characters of what was typed that are looked at: longer than any name, with some words about the image. */
const MOST_TYPED = 128;
/** Words of it that are looked for. */
const MOST_WORDS = 16;

/** Likeness below which a misspelt word is another word. */
const ALIKE = 0.65;

/**
 * The tasks that a half-typed prompt may become, the likeliest first: names that begin with it, then names whose words
 * begin with its words, then synonyms and groups likewise, then names that are nearly spelt so.
 */
export function searchTasks({ modality, q = '', limit, meter }: TaskSearch): { tasks: Task[]; total: number } {
  const tasks = allTasks(modality);
  const queries = queriesOf(q);
  if (queries.length === 0) return { tasks: tasks.slice(0, limit), total: tasks.length };
  const found = tasks
    .map((task) => ({ task, score: scoreOf(task, queries, meter) }))
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score || a.task.prompt.length - b.task.prompt.length);
  return { tasks: found.slice(0, limit).map(({ task }) => task), total: found.length };
}

/** The text as typed, and without the words about the image. */
function queriesOf(q: string): string[] {
  const typed = plainText(q).slice(0, MOST_TYPED).trim();
  if (typed === '') return [];
  const last = readings(typed).at(-1);
  const target = last === undefined ? '' : withSide(last.words.join(' '), last.side);
  return target === '' || target === typed ? [typed] : [typed, target];
}

/** What a task is called, as it is compared. */
interface Spelling {
  readonly prompt: string;
  readonly name: string;
  readonly synonyms: readonly string[];
  /** Of the prompt and the group. */
  readonly words: readonly string[];
}

const spellings = new WeakMap<Task, Spelling>();

/** The catalogue does not change: each task is spelt out once. */
function spellingOf(task: Task): Spelling {
  const known = spellings.get(task);
  if (known !== undefined) return known;
  const { name, side, prompt, synonyms, group } = task;
  const spelling = {
    prompt: plainText(prompt),
    name: plainText(name),
    synonyms: [...new Set(synonyms.flatMap((synonym) => [synonym, withSide(synonym, side)]).map(plainText))],
    words: plainText(`${prompt} ${group}`).split(' '),
  };
  spellings.set(task, spelling);
  return spelling;
}

function scoreOf(task: Task, queries: readonly string[], meter: Meter | undefined): number {
  const { prompt, name, synonyms, words } = spellingOf(task);
  let best = 0;
  for (const query of queries) {
    best = Math.max(best, textScore(query, prompt, meter), 0.99 * textScore(query, name, meter));
    for (const synonym of synonyms) best = Math.max(best, 0.9 * textScore(query, synonym, meter));
    best = Math.max(best, 0.5 * wordsScore(words, wordsOf(query)));
  }
  return best;
}

const wordsOf = (query: string): string[] => query.split(' ').slice(0, MOST_WORDS);

/** 1 for equal texts, 0 for nothing in common. @param plain as `plainText` gives it */
function textScore(query: string, plain: string, meter: Meter | undefined): number {
  if (plain === query) return 1;
  // Of two names that begin so, the one that says least more is likelier.
  const share = query.length / Math.max(plain.length, query.length);
  if (plain.startsWith(query)) return 0.9 + 0.09 * share;
  const byWords = wordsScore(plain.split(' '), wordsOf(query));
  if (byWords > 0) return 0.75 * byWords + 0.1 * share;
  const likeness = similarity(plain, query, { least: ALIKE, meter });
  return likeness > ALIKE ? 0.6 * likeness : 0;
}

/** 1 when every typed word begins a word of the text, in any order; 0 when one of them does not. */
function wordsScore(words: readonly string[], typed: readonly string[]): number {
  return typed.every((start) => words.some((word) => word.startsWith(start))) ? 1 : 0;
}
