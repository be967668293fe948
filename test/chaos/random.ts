/** Choices that depend on a seed alone. */
export interface Random {
  /** From 0 to below 1. */
  next(): number;
  pick<T>(choices: readonly T[]): T;
  /** Deals all choices in random order before any comes again, so that a short run meets as many as it can. */
  deck<T>(choices: readonly T[]): () => T;
}

/** A small seeded generator (mulberry32): the same seed gives the same run of faults. */
export function seeded(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  const pick = <T>(choices: readonly T[]): T => {
    const choice = choices[Math.floor(next() * choices.length)];
    if (choice === undefined) throw new RangeError('nothing to pick from');
    return choice;
  };
  return {
    next,
    pick,
    deck<T>(choices: readonly T[]) {
      let left: T[] = [];
      return () => {
        if (left.length === 0) left = [...choices];
        const choice = pick(left);
        left.splice(left.indexOf(choice), 1);
        return choice;
      };
    },
  };
}
