import { open } from 'node:fs/promises';
import { Problem } from '@parse3d/contract/problems';

/** Bytes that can be read anywhere: a file, or an object in storage by ranges. */
export interface RandomAccess {
  readonly bytes: number;
  /** Exactly `length` bytes from `start`; the caller stays inside. */
  read(start: number, length: number): Promise<Uint8Array>;
  /** The same as a stream of chunks, which are only valid until the next one. */
  stream(start: number, length: number): AsyncIterable<Uint8Array>;
}

const CHUNK_BYTES = 2 ** 18;

/**
 * Opens a file, and closes it when `use` is done.
 * @throws Problem `volume-missing`
 */
export async function withFile<T>(path: string, use: (file: RandomAccess) => Promise<T>): Promise<T> {
  const handle = await open(path).catch((error: unknown) => {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
    throw new Problem('volume-missing', `there is no file ${path}`, {}, { cause: error });
  });
  const read = async (start: number, length: number): Promise<Uint8Array> => {
    const buffer = new Uint8Array(length);
    let filled = 0;
    while (filled < length) {
      const { bytesRead } = await handle.read(buffer, filled, length - filled, start + filled);
      if (bytesRead === 0) throw new Problem('npz-invalid', `${path} became shorter while it was read`);
      filled += bytesRead;
    }
    return buffer;
  };
  try {
    const { size } = await handle.stat();
    return await use({
      bytes: size,
      read,
      async *stream(start, length) {
        for (let at = 0; at < length; at += CHUNK_BYTES) {
          yield await read(start + at, Math.min(CHUNK_BYTES, length - at));
        }
      },
    });
  } finally {
    await handle.close();
  }
}
