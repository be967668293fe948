import { Problem } from '../problems/index.js';

/** Most characters of a pattern, and how deep braces may lie in each other. */
export const MAX_GLOB_LENGTH = 256;
const MAX_DEPTH = 4;

/** A pattern over paths, ready to be asked. */
export interface Glob {
  matches(path: string): boolean;
  /** Steps of matching since it was made. One path takes at most (its length + 1) × 2 × (length of the pattern + 1). */
  readonly steps: number;
}

/** A place in the pattern: what may come here, and which places follow. */
interface Place {
  /** Takes one character; a place without it is passed over. */
  readonly takes?: (character: string) => boolean;
  /** Passed only where no hidden name begins: a dot at the beginning of a segment has to be written. */
  readonly notHidden?: true;
  readonly next: number[];
}

/**
 * Compiles a glob: `*` and `?` within a segment, `**` over segments, `[a-z]` and `[!a-z]`, `{one,other}`, and `\` before a
 * character that stands for itself. Wildcards take no dot at the beginning of a segment.
 *
 * All ways to match are followed at once, so that no pattern takes longer than its length times that of the path.
 *
 * @throws Problem `request-invalid` for an empty, unfinished or too long pattern, and for what other globs have besides
 */
export function compileGlob(pattern: string): Glob {
  const places = new Parser(pattern).parse();
  let steps = 0;
  return {
    get steps() {
      return steps;
    },
    matches(path) {
      let here = [0];
      let before = '/';
      const marked = new Uint32Array(places.length);
      let mark = 0;
      /** Every place that is reached from these without a character, when `next` comes. */
      const reached = (from: readonly number[], next: string): number[] => {
        mark++;
        const found: number[] = [];
        const open = [...from];
        for (let index = open.pop(); index !== undefined; index = open.pop()) {
          const place = places[index];
          if (place === undefined || marked[index] === mark) continue;
          marked[index] = mark;
          steps++;
          if (place.notHidden && before === '/' && next === '.') continue;
          if (place.takes !== undefined || place.next.length === 0) found.push(index);
          else open.push(...place.next);
        }
        return found;
      };
      for (const character of path) {
        const after: number[] = [];
        for (const index of reached(here, character)) {
          const place = places[index];
          if (place?.takes?.(character) === true) after.push(...place.next);
        }
        if (after.length === 0) return false;
        here = after;
        before = character;
      }
      return reached(here, '').some((index) => places[index]?.next.length === 0);
    },
  };
}

const notSlash = (character: string): boolean => character !== '/';
const any = (): boolean => true;

/** Recursive descent. Every method begins with the places that lead on, and returns those that lead on after it. */
class Parser {
  readonly #text: string[];
  readonly #places: Place[] = [{ next: [] }];
  #at = 0;

  constructor(pattern: string) {
    if (pattern === '') throw invalid('expected a pattern, got an empty one');
    if (pattern.length > MAX_GLOB_LENGTH) throw invalid(`expected at most ${MAX_GLOB_LENGTH} characters of a pattern`);
    if (pattern.startsWith('!') || /[+@!?*]\(/.test(pattern)) {
      throw invalid(
        'expected no "!" at the beginning of a pattern, and no "(" after a wildcard; braces and classes can be used',
      );
    }
    this.#text = [...pattern];
  }

  parse(): readonly Place[] {
    this.#link(this.#sequence([0], 0), this.#add({ next: [] }));
    return this.#places;
  }

  #sequence(from: number[], depth: number): number[] {
    let ends = from;
    for (let next = this.#text[this.#at]; next !== undefined; next = this.#text[this.#at]) {
      if (depth > 0 && (next === ',' || next === '}')) return ends;
      this.#at++;
      if (next === '*') ends = this.#stars(ends);
      else if (next === '?') ends = this.#visible(ends, notSlash);
      else if (next === '[') ends = this.#visible(ends, this.#characterClass());
      else if (next === '{') ends = this.#braces(ends, depth + 1);
      else ends = this.#literal(ends, next);
    }
    return ends;
  }

  #literal(from: number[], character: string): number[] {
    const literal = character === '\\' ? this.#text[this.#at++] : character;
    if (literal === undefined) throw invalid('expected a character after the last "\\" of the pattern');
    return this.#then(from, { takes: (next) => next === literal, next: [] });
  }

  /** `**` that is a segment of its own stands for any number of them; anywhere else it is a `*`. */
  #stars(from: number[]): number[] {
    const begins = this.#at === 1 || ['/', '{', ','].includes(this.#text[this.#at - 2] ?? '');
    let count = 1;
    for (; this.#text[this.#at] === '*'; this.#at++) count++;
    const follows = this.#text[this.#at];
    if (count > 1 && begins && follows === '/') {
      this.#at++;
      return this.#folders(from);
    }
    const crosses = count > 1 && begins && (follows === undefined || follows === ',' || follows === '}');
    const start = this.#add({ notHidden: true, next: [] });
    this.#link(from, start);
    const body = this.#add({ takes: crosses ? any : notSlash, next: [start] });
    this.#link([start], body);
    return [start];
  }

  /** Any number of segments, each with its slash. */
  #folders(from: number[]): number[] {
    const start = this.#add({ next: [] });
    this.#link(from, start);
    const guard = this.#add({ notHidden: true, next: [] });
    const name = this.#add({ takes: notSlash, next: [] });
    const slash = this.#add({ takes: (next) => next === '/', next: [start] });
    this.#link([start], guard);
    this.#link([guard], name);
    this.#link([name], name);
    this.#link([name], slash);
    return [start];
  }

  #visible(from: number[], takes: (character: string) => boolean): number[] {
    return this.#then(this.#then(from, { notHidden: true, next: [] }), { takes, next: [] });
  }

  #characterClass(): (character: string) => boolean {
    const negated = this.#text[this.#at] === '!' || this.#text[this.#at] === '^';
    if (negated) this.#at++;
    const ranges: [string, string][] = [];
    for (let first = true; ; first = false) {
      const from = this.#text[this.#at++];
      if (from === undefined) throw invalid('expected a "]" after "[" in the pattern');
      if (from === ']' && !first) break;
      const to = this.#text[this.#at + 1];
      const isRange = this.#text[this.#at] === '-' && to !== undefined && to !== ']';
      if (isRange) this.#at += 2;
      ranges.push([from, isRange ? to : from]);
    }
    return (character) => notSlash(character) && negated !== ranges.some(([a, z]) => character >= a && character <= z);
  }

  #braces(from: number[], depth: number): number[] {
    if (depth > MAX_DEPTH) throw invalid(`expected braces at most ${MAX_DEPTH} deep in the pattern`);
    const ends: number[] = [];
    for (;;) {
      ends.push(...this.#sequence(from, depth));
      const next = this.#text[this.#at++];
      if (next === '}') break;
      if (next === undefined) throw invalid('expected a "}" after "{" in the pattern');
    }
    const end = this.#add({ next: [] });
    this.#link(ends, end);
    return [end];
  }

  #then(from: readonly number[], place: Place): number[] {
    const index = this.#add(place);
    this.#link(from, index);
    return [index];
  }

  #add(place: Place): number {
    return this.#places.push(place) - 1;
  }

  #link(from: readonly number[], to: number): void {
    for (const index of from) this.#places[index]?.next.push(to);
  }
}

const invalid = (detail: string): Problem => new Problem('request-invalid', detail);
