import { gather, type FoundFile, type Gathered, type NotTaken } from './gathered.js';

/** Folders inside one another that are followed. */
const DEEPEST = 64;

/**
 * Looks through everything that was dropped, folders too. Browsers pass over symbolic links inside a folder without a word.
 * The entries have to be asked for before the event is over, so that this must be called at once.
 */
export function gatherDropped(transfer: DataTransfer): Promise<Gathered> {
  const loose: FoundFile[] = [];
  const entries: FileSystemEntry[] = [];
  for (const item of transfer.items) {
    if (item.kind !== 'file') continue;
    const entry = item.webkitGetAsEntry();
    const file = item.getAsFile();
    if (entry?.isDirectory === true) entries.push(entry);
    else if (file !== null) loose.push({ path: file.name, file });
  }
  return walk(entries, loose);
}

/** The same for what a file dialogue gives. */
export const gatherChosen = (files: Iterable<File>): Promise<Gathered> =>
  gather(Array.from(files, (file) => ({ path: file.webkitRelativePath || file.name, file })));

async function walk(entries: readonly FileSystemEntry[], loose: readonly FoundFile[]): Promise<Gathered> {
  const found = [...loose];
  const unread: NotTaken[] = [];
  const visit = async (entry: FileSystemEntry, depth: number): Promise<void> => {
    const path = entry.fullPath.replace(/^\//, '');
    try {
      if (isFile(entry)) found.push({ path, file: await fileOf(entry) });
      else if (depth >= DEEPEST) unread.push({ path, reason: `below ${DEEPEST} folders` });
      else if (isFolder(entry)) for (const child of await childrenOf(entry)) await visit(child, depth + 1);
    } catch {
      unread.push({ path, reason: 'not readable by the browser' });
    }
  };
  for (const entry of entries) await visit(entry, 0);
  return gather(found, unread);
}

const isFile = (entry: FileSystemEntry): entry is FileSystemFileEntry => entry.isFile;
const isFolder = (entry: FileSystemEntry): entry is FileSystemDirectoryEntry => entry.isDirectory;

const fileOf = (entry: FileSystemFileEntry): Promise<File> =>
  new Promise((resolve, reject) => entry.file(resolve, reject));

/** A reader hands out a hundred entries at a time, and none when it has told all. */
async function childrenOf(folder: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = folder.createReader();
  const all: FileSystemEntry[] = [];
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (some.length === 0) return all;
    all.push(...some);
  }
}
