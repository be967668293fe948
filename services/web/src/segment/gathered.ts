import { isFileName, isVolumeName, volumeStem } from '@parse3d/contract/names';
import { isDrawableFile } from '../viewer/drawable.js';

/** A file with its path below what was dropped or opened. */
export interface FoundFile {
  readonly path: string;
  readonly file: File;
}

/** What becomes one job: a file as it is, or the images of a folder, which are sent as one zip file. */
export interface GatheredVolume {
  /** Path of the file, or of the folder with a slash at its end. */
  readonly path: string;
  readonly files: readonly File[];
  readonly bytes: number;
  readonly drawable: boolean;
}

/** A file that is not sent, and why. */
export interface NotTaken {
  readonly path: string;
  /** A few words; details follow after a colon. */
  readonly reason: string;
}

/** What was dropped, looked through before anything is sent. */
export interface Gathered {
  readonly volumes: readonly GatheredVolume[];
  readonly notTaken: readonly NotTaken[];
  /** How many of those left out were only found to be broken, or refused, when they were sent. */
  readonly refused?: number;
}

/** Volumes of one batch: their addresses have to fit one request. */
export const MOST_VOLUMES = 5_000;

/** Files whose first bytes are read at a time. */
const AT_A_TIME = 32;

/** DICOM files begin with 128 bytes of anything and then this word. */
const DICOM_WORD = { at: 128, bytes: [0x44, 0x49, 0x43, 0x4d] } as const;

/**
 * Sorts files into volumes and what is left out. NIfTI, NRRD, MetaImage, .npz and .zip files are known by their names and are
 * a volume each; DICOM images are known by their bytes or by .dcm or .ima, and those of one folder are one series.
 *
 * @param unread what the browser found but could not read
 */
export async function gather(found: readonly FoundFile[], unread: readonly NotTaken[] = []): Promise<Gathered> {
  const volumes: GatheredVolume[] = [];
  const notTaken: NotTaken[] = [...unread];
  const series = new Map<string, FoundFile[]>();
  const sort = async (one: FoundFile): Promise<void> => {
    const { path, file } = one;
    const name = path.split('/').at(-1) ?? path;
    if (file.size === 0) notTaken.push({ path, reason: 'empty' });
    else if (found.length === 1) {
      // Somebody means this very file: what it holds decides.
      const drawable = (await isDrawableFile(file)) && (await isDicomFile(file)) === false;
      volumes.push({ path, files: [file], bytes: file.size, drawable });
    } else if (name.startsWith('.')) notTaken.push({ path, reason: 'hidden' });
    else if (isVolumeName(name) || (isFileName(name) && !/\.dcm$/i.test(name))) {
      volumes.push({ path, files: [file], bytes: file.size, drawable: await isDrawableFile(file) });
    } else {
      const dicom = await isDicomFile(file);
      if (dicom === undefined) notTaken.push({ path, reason: 'not readable by the browser' });
      else if (dicom && name.toUpperCase() === 'DICOMDIR') notTaken.push({ path, reason: 'a table of contents' });
      else if (dicom) {
        const folder = path.slice(0, path.length - name.length);
        const images = series.get(folder);
        if (images === undefined) series.set(folder, [one]);
        else images.push(one);
      } else notTaken.push({ path, reason: /\.seg\.nrrd$/i.test(name) ? 'labels, not a volume' : 'not a volume' });
    }
  };
  for (let at = 0; at < found.length; at += AT_A_TIME) await Promise.all(found.slice(at, at + AT_A_TIME).map(sort));
  for (const [folder, images] of series) {
    const files = images.toSorted(byPath).map(({ file }) => file);
    const bytes = files.reduce((sum, { size }) => sum + size, 0);
    const alone = images.length === 1 ? images[0]?.path : undefined;
    volumes.push({ path: alone ?? (folder === '' ? 'DICOM images' : folder), files, bytes, drawable: false });
  }
  return { volumes: volumes.toSorted(byPath), notTaken: notTaken.toSorted(byPath) };
}

const byPath = (a: { readonly path: string }, b: { readonly path: string }): number =>
  a.path.localeCompare(b.path, 'en', { numeric: true });

/**
 * Some DICOM files lack these first bytes; the server reads them too, so that the usual ending of the name is enough.
 *
 * @returns undefined for what cannot be read, such as a symbolic link that leads nowhere
 */
async function isDicomFile(file: File): Promise<boolean | undefined> {
  try {
    const { at, bytes } = DICOM_WORD;
    const start = new Uint8Array(await file.slice(at, at + bytes.length).arrayBuffer());
    return bytes.every((byte, n) => start[n] === byte) || /\.(dcm|ima)$/i.test(file.name);
  } catch {
    return undefined;
  }
}

/** How many files are left out for which reason, the commonest first. */
export function countReasons(notTaken: readonly NotTaken[]): [reason: string, count: number][] {
  const counts = new Map<string, number>();
  for (const { reason } of notTaken) {
    const [kind = reason] = reason.split(':');
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  return [...counts].toSorted(([, a], [, b]) => b - a);
}

/** What a batch of these is called where nobody says otherwise: the folder that all lie in, if they do. */
export function commonFolder(volumes: readonly GatheredVolume[]): string | undefined {
  const [first, ...others] = volumes.map(({ path }) => path.split('/').at(0));
  return first !== undefined && volumes.every(({ path }) => path.includes('/')) && others.every((one) => one === first)
    ? volumeStem(first)
    : undefined;
}
