import { Problem } from '@parse3d/contract/problems';

export type Literal = string | number | boolean | readonly Literal[] | ReadonlyMap<string, Literal>;

const MAX_DEPTH = 8;

/**
 * The dictionary in the header of an `.npy` file: strings, whole numbers, True and False, tuples, lists and dictionaries
 * with string keys, as Python writes them. Nothing is evaluated.
 * @throws Problem `npz-invalid`
 */
export function parseLiteral(text: string): Literal {
  let at = 0;
  const fail = (): never => {
    throw new Problem('npz-invalid', `the header of the array is not understood at character ${at}`);
  };
  const skip = (): void => {
    while (/\s/.test(text[at] ?? '')) at += 1;
  };
  const accept = (token: string): boolean => {
    skip();
    if (!text.startsWith(token, at)) return false;
    at += token.length;
    return true;
  };
  const match = (pattern: RegExp): string | undefined => {
    skip();
    pattern.lastIndex = at;
    const found = pattern.exec(text)?.[0];
    if (found !== undefined) at += found.length;
    return found;
  };
  const items = (close: string, depth: number): Literal[] => {
    const found: Literal[] = [];
    while (!accept(close)) {
      found.push(value(depth));
      if (!accept(',')) {
        if (!accept(close)) fail();
        break;
      }
    }
    return found;
  };
  const dictionary = (depth: number): ReadonlyMap<string, Literal> => {
    const found = new Map<string, Literal>();
    while (!accept('}')) {
      const key = value(depth);
      if (typeof key !== 'string' || found.has(key) || !accept(':')) return fail();
      found.set(key, value(depth));
      if (!accept(',')) {
        if (!accept('}')) fail();
        break;
      }
    }
    return found;
  };
  const value = (depth: number): Literal => {
    if (depth > MAX_DEPTH) return fail();
    if (accept('{')) return dictionary(depth + 1);
    if (accept('(')) return items(')', depth + 1);
    if (accept('[')) return items(']', depth + 1);
    const quoted = match(/'[^'\\]*'|"[^"\\]*"/y);
    if (quoted !== undefined) return quoted.slice(1, -1);
    const number = match(/-?\d{1,16}/y);
    if (number !== undefined) {
      // Python 2 wrote long integers as 12L.
      accept('L');
      return Number(number);
    }
    if (accept('True')) return true;
    return accept('False') ? false : fail();
  };
  const found = value(0);
  skip();
  return at === text.length ? found : fail();
}
