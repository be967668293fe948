/** Counts the work of comparing texts, in cells of the tables of edit distances. */
export interface Meter {
  cells: number;
}

/** Characters of a text that are compared: no name of a target is longer, so a longer text is no better known by its end. */
const MOST_CHARACTERS = 64;
/** Words of a text that are compared one by one. */
const MOST_WORDS = 8;

/** A candidate, and how like the text it is: 0 for nothing in common, 1 for equal texts. */
export interface Ranked {
  readonly candidate: string;
  readonly score: number;
}

/** At most five of the candidates, the most similar first. Equal ones keep their order. */
export function nearest(text: string, candidates: Iterable<string>, count = 5, meter?: Meter): string[] {
  return rank(text, candidates, count, meter).map(({ candidate }) => candidate);
}

/**
 * The candidates most similar to a text, with their scores. The work is bounded by the candidates alone, however long the
 * text is.
 */
export function rank(text: string, candidates: Iterable<string>, count: number, meter?: Meter): Ranked[] {
  const query = text.slice(0, MOST_CHARACTERS).toLowerCase();
  const best: Ranked[] = [];
  for (const candidate of new Set(candidates)) {
    const least = best.length < count ? 0 : (best.at(-1)?.score ?? 0);
    const score = similarity(query, candidate.toLowerCase(), { least, meter });
    if (best.length === count && score <= least) continue;
    const after = best.findIndex((other) => other.score < score);
    best.splice(after < 0 ? best.length : after, 0, { candidate, score });
    if (best.length > count) best.pop();
  }
  return best;
}

interface Comparison {
  /** A lower score is of no interest, and may come out as 0. @default 0 */
  readonly least?: number;
  readonly meter?: Meter | undefined;
}

/**
 * 0 for nothing in common, 1 for equal texts: the better of the likeness of the whole texts and that of their words in
 * any order, so that both `hipocampus` and `matter white` find what was meant. Only the beginnings of long texts are
 * compared.
 */
export function similarity(a: string, b: string, { least = 0, meter }: Comparison = {}): number {
  const [one, other] = [a.slice(0, MOST_CHARACTERS), b.slice(0, MOST_CHARACTERS)];
  const whole = likeness(one, other, least, meter);
  const byWords = 0.95 * wordLikeness(words(one), words(other), meter);
  return Math.max(whole, byWords);
}

const words = (text: string): string[] =>
  text
    .split(/[^\p{L}\p{N}]+/u)
    .filter(Boolean)
    .slice(0, MOST_WORDS);

/** Mean likeness of each word with its best partner, over both sides. */
function wordLikeness(a: readonly string[], b: readonly string[], meter: Meter | undefined): number {
  if (a.length === 0 || b.length === 0) return 0;
  const bestOfB = b.map(() => 0);
  let sum = 0;
  for (const word of a) {
    let best = 0;
    b.forEach((other, n) => {
      const least = Math.min(best, bestOfB[n] ?? 0);
      const alike = likeness(word, other, least, meter);
      best = Math.max(best, alike);
      bestOfB[n] = Math.max(bestOfB[n] ?? 0, alike);
    });
    sum += best;
  }
  for (const best of bestOfB) sum += best;
  return sum / (a.length + b.length);
}

/** 0 where it would be less than `least`. */
function likeness(a: string, b: string, least: number, meter: Meter | undefined): number {
  const longest = Math.max(a.length, b.length);
  if (longest === 0) return 1;
  const most = Math.floor((1 - least) * longest + 1e-9);
  const distance = editDistance(a, b, most, meter);
  return distance > most ? 0 : 1 - distance / longest;
}

/**
 * Fewest insertions, deletions, replacements and swaps of neighbours that turn a into b (optimal string alignment). More
 * than `most` comes out as `most + 1`: only the band of the table that can stay below is worked out.
 */
export function editDistance(a: string, b: string, most = Number.POSITIVE_INFINITY, meter?: Meter): number {
  if (Math.abs(a.length - b.length) > most) return most + 1;
  const limit = Math.min(most, Math.max(a.length, b.length));
  const beyond = limit + 1;
  let beforeLast = new Uint16Array(b.length + 1).fill(beyond);
  let last = new Uint16Array(b.length + 1).map((_, column) => Math.min(column, beyond));
  let current = new Uint16Array(b.length + 1);
  let leastOfLast = 0;
  for (let row = 1; row <= a.length; row++) {
    const from = Math.max(1, row - limit);
    const to = Math.min(b.length, row + limit);
    current.fill(beyond);
    current[0] = Math.min(row, beyond);
    let leastOfRow = at(current, 0, beyond);
    if (meter !== undefined) meter.cells += Math.max(0, to - from + 1);
    for (let column = from; column <= to; column++) {
      const same = a[row - 1] === b[column - 1];
      let cost = Math.min(
        at(last, column, beyond) + 1,
        at(current, column - 1, beyond) + 1,
        at(last, column - 1, beyond) + (same ? 0 : 1),
      );
      if (row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]) {
        cost = Math.min(cost, at(beforeLast, column - 2, beyond) + 1);
      }
      current[column] = Math.min(cost, beyond);
      leastOfRow = Math.min(leastOfRow, cost);
    }
    // A swap reaches back over one row.
    if (leastOfRow > limit && leastOfLast > limit) return most + 1;
    leastOfLast = leastOfRow;
    [beforeLast, last, current] = [last, current, beforeLast];
  }
  const distance = at(last, b.length, beyond);
  return distance > limit ? most + 1 : distance;
}

const at = (row: Uint16Array, column: number, beyond: number): number => row[column] ?? beyond;
