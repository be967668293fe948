/** At most five of the candidates, the most similar first. Equal ones keep their order. */
export function nearest(text: string, candidates: Iterable<string>, count = 5): string[] {
  return [...new Set(candidates)]
    .map((candidate) => ({ candidate, score: similarity(text.toLowerCase(), candidate.toLowerCase()) }))
    .sort((a, b) => b.score - a.score)
    .slice(0, count)
    .map(({ candidate }) => candidate);
}

/**
 * 0 for nothing in common, 1 for equal texts: the better of the likeness of the whole texts and that of their words in
 * any order, so that both `hipocampus` and `matter white` find what was meant.
 */
export function similarity(a: string, b: string): number {
  return Math.max(likeness(a, b), 0.95 * wordLikeness(words(a), words(b)));
}

const words = (text: string): string[] => text.split(/[^\p{L}\p{N}]+/u).filter(Boolean);

/** Mean likeness of each word with its best partner, over both sides. */
function wordLikeness(a: readonly string[], b: readonly string[]): number {
  if (a.length === 0 || b.length === 0) return 0;
  const best = (word: string, others: readonly string[]) => Math.max(...others.map((other) => likeness(word, other)));
  const sum = (from: readonly string[], to: readonly string[]) =>
    from.reduce((total, word) => total + best(word, to), 0);
  return (sum(a, b) + sum(b, a)) / (a.length + b.length);
}

const likeness = (a: string, b: string): number =>
  a.length + b.length === 0 ? 1 : 1 - editDistance(a, b) / Math.max(a.length, b.length);

/** Fewest insertions, deletions, replacements and swaps of neighbours that turn a into b (optimal string alignment). */
function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1];
      let cost = Math.min(at(last, column) + 1, at(current, column - 1) + 1, at(last, column - 1) + (same ? 0 : 1));
      if (row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]) {
        cost = Math.min(cost, at(beforeLast, column - 2) + 1);
      }
      current.push(cost);
    }
    beforeLast = last;
    last = current;
  }
  return at(last, b.length);
}

const at = (row: readonly number[], column: number): number => row[column] ?? Number.POSITIVE_INFINITY;
