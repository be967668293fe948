import { Problem } from '@parse3d/contract/problems';
import type { FoundFile } from './walk.js';

/** Why something in a folder or a zip file is not read. */
type Reason = Exclude<FoundFile['kind'], 'file'> | 'empty' | 'other';

export interface NotTaken {
  readonly reason: Reason;
  /** Of its name: see `nameShape`. */
  readonly shape: string;
}

const SENTENCES: Readonly<Record<Reason, string>> = {
  'broken-link': 'links lead to nothing',
  unreadable: 'files or folders may not be read',
  special: 'entries are neither files nor folders',
  empty: 'files are empty',
  other: 'files are not DICOM',
};

/** What may have been a slice, whatever its name: nobody can look. */
const HIDDEN: readonly Reason[] = ['broken-link', 'unreadable'];

/**
 * The form of a file's name: runs of digits count as one, folders do not count. The images of a series mostly share one,
 * and a README does not have it. Names themselves may name patients, and are not told.
 */
export function nameShape(path: string): string {
  const name = path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1);
  return name.replace(/\d+/g, '#');
}

/**
 * Refuses a folder or zip file of which something that may be a slice cannot be read: what is left would be a shorter
 * volume, and nobody would know.
 * @param shapes of the names of the images that were found
 * @throws Problem `dicom-slices-missing`
 */
export function assertNoSliceAmong(notTaken: readonly NotTaken[], shapes: ReadonlySet<string>): void {
  const suspects = notTaken.filter(
    // Of numbers alone every name has the same form.
    ({ reason, shape }) =>
      HIDDEN.includes(reason) || (shape !== '#' && reason !== 'special' && isImageName(shape, shapes)),
  );
  if (suspects.length === 0) return;
  const counts = leftOutCounts(suspects);
  throw new Problem(
    'dicom-slices-missing',
    `expected to read every file that may be a slice, but ${counts.map(([reason, count]) => `${count} ${SENTENCES[reason]}`).join(', ')}; fetch or remove them`,
    { unread: Object.fromEntries(counts) },
  );
}

function isImageName(shape: string, shapes: ReadonlySet<string>): boolean {
  // macOS puts a `._name` beside each file that it packs.
  if (shape.startsWith('.')) return false;
  return shapes.has(shape) || /\.(dcm|dicom|ima)$/i.test(shape);
}

/** One sentence a reason. */
export function leftOutOf(notTaken: readonly NotTaken[]): string[] {
  return leftOutCounts(notTaken).map(([reason, count]) => `${count} ${SENTENCES[reason]} and were left out.`);
}

function leftOutCounts(notTaken: readonly NotTaken[]): [Reason, number][] {
  const counts = new Map<Reason, number>();
  for (const { reason } of notTaken) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  return [...counts];
}
