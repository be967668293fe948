// The server never learns what files are called, for their names often name patients. This browser remembers them for the
// batches that it sent, so that their pages can say which result is whose.

const KEY = 'parse3d.names';
/** Batches whose names are remembered. */
const MOST = 20;

type Remembered = readonly { readonly batchId: string; readonly names: readonly string[] }[];

/** Remembers what the volumes of a batch are called here, in its order. */
export function rememberNames(batchId: string, names: readonly string[]): void {
  const others = read().filter((one) => one.batchId !== batchId);
  let all: Remembered = [{ batchId, names }, ...others].slice(0, MOST);
  while (all.length > 0) {
    try {
      return localStorage.setItem(KEY, JSON.stringify(all));
    } catch {
      // There is no more room: the oldest go.
      all = all.slice(0, -1);
    }
  }
}

/** What the volumes of a batch are called, or undefined where another browser or program sent it. */
export const rememberedNames = (batchId: string): readonly string[] | undefined =>
  read().find((one) => one.batchId === batchId)?.names;

/** What the volume of one job of a batch is called: the end of its id tells its place. */
export const rememberedName = (jobId: string): string | undefined =>
  rememberedNames(`${jobId.slice(0, -12)}000000000000`)?.[Number.parseInt(jobId.slice(-12), 16) - 1];

/** Forgets those of all batches. */
export const forgetNames = (): void => localStorage.removeItem(KEY);

function read(): Remembered {
  try {
    const found: unknown = JSON.parse(localStorage.getItem(KEY) ?? '[]');
    return Array.isArray(found) ? found.filter(isRemembered) : [];
  } catch {
    return [];
  }
}

const isRemembered = (value: unknown): value is Remembered[number] =>
  typeof value === 'object' &&
  value !== null &&
  'batchId' in value &&
  typeof value.batchId === 'string' &&
  'names' in value &&
  Array.isArray(value.names) &&
  value.names.every((name) => typeof name === 'string');

/** Which file is which, as a table: the ordinals are those of summary.csv. */
export const namesTable = (names: readonly string[]): Blob =>
  new Blob([['ordinal,file', ...names.map((name, at) => `${at},${quoted(name)}`), ''].join('\n')], {
    type: 'text/csv',
  });

const quoted = (text: string): string => (/[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
