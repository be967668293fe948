import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { createReadStream } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';

export interface Spooled {
  readonly bytes: number;
  read(): Readable;
  remove(): Promise<void>;
}

/** Chunks of unknown number in a temporary file, so that their size is known before they are sent. */
export async function spool(chunks: AsyncIterable<Buffer>): Promise<Spooled> {
  const folder = await mkdtemp(join(tmpdir(), 'parse3d-spool-'));
  const path = join(folder, 'body');
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true });
  try {
    await writeFile(path, chunks, { flag: 'wx', mode: 0o600 });
    return { bytes: (await stat(path)).size, read: () => readerOf(path), remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

/** Whoever reads it hears of a fault; when nobody does, it must not end the process. */
function readerOf(path: string): Readable {
  const reader = createReadStream(path);
  reader.on('error', () => undefined);
  return reader;
}
