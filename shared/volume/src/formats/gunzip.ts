import { createGunzip } from 'node:zlib';
import { Problem } from '@parse3d/contract/problems';

const CHUNK_BYTES = 2 ** 20;

/** Deflate cannot expand more than this: a declared size beyond it is forged. */
export const MAX_GZIP_RATIO = 1032;

/** Takes inflated bytes in order; they are only valid during the call. Throwing ends the stream with that error. */
export type ByteSink = (bytes: Uint8Array) => 'more' | 'enough';

/** True for the two magic bytes of gzip: the content decides, not the file's name. */
export function isGzip(start: Uint8Array): boolean {
  return start[0] === 0x1f && start[1] === 0x8b;
}

/**
 * Inflates gzip (one member or several, checksums verified) into a sink, a megabyte at a time: nothing is collected,
 * so a bomb is stopped by the sink after one chunk. Zero padding after the last member is accepted, as gzip(1) does.
 * Resolves at the end of the stream, or as soon as the sink has enough; the source is closed either way.
 * @throws Problem `nifti-truncated` when the stream ends in the middle, `gzip-corrupt`, `nifti-trailing-data`, and
 *   whatever the source or the sink throw
 */
export async function gunzip(
  source: AsyncIterable<Uint8Array>,
  sink: ByteSink,
  options: { /** @default 1 MiB */ readonly chunkBytes?: number } = {},
): Promise<void> {
  const inflater = createGunzip({ chunkSize: options.chunkBytes ?? CHUNK_BYTES });
  let enough = false;
  let failure: Error | undefined;
  let over = false;
  let wake = (): void => undefined;
  const finish = (): void => {
    over = true;
    wake();
  };
  inflater.on('data', (bytes: Uint8Array) => {
    if (over) return;
    try {
      enough = sink(bytes) === 'enough';
      if (enough) inflater.destroy();
    } catch (error) {
      inflater.destroy(Problem.from(error));
    }
  });
  inflater.on('error', (error) => (failure ??= error));
  inflater.on('end', finish);
  inflater.on('close', finish);

  // zlib stops without calling back when it meets zeros after a member, so `end` and `close` wake the writer too.
  const feed = (chunk: Uint8Array): Promise<void> =>
    new Promise((resolve) => {
      wake = resolve;
      inflater.write(chunk, () => resolve());
    });

  try {
    let fed = 0;
    let start = Buffer.alloc(0);
    for await (const chunk of source) {
      if (start.length < 2) start = Buffer.concat([start, chunk.subarray(0, 2)]);
      if (!over) {
        if (chunk.length > 0) await feed(chunk);
        fed += chunk.length;
        throwFailure(failure, isGzip(start));
        if (enough) return;
        if (over) assertPadding(chunk.subarray(chunk.length - (fed - inflater.bytesWritten)));
      } else {
        assertPadding(chunk);
      }
    }
    if (!over) {
      await new Promise<void>((resolve) => {
        wake = resolve;
        inflater.end();
      });
    }
    throwFailure(failure, isGzip(start));
  } finally {
    inflater.destroy();
  }
}

function throwFailure(failure: Error | undefined, beganAsGzip: boolean): void {
  if (failure === undefined) return;
  if (failure instanceof Problem) throw failure;
  const code = 'code' in failure ? failure.code : undefined;
  if (code === 'Z_BUF_ERROR') {
    throw new Problem('nifti-truncated', 'the gzip stream ends in the middle', {}, { cause: failure });
  }
  // The first member has the magic, so the bytes without it are those that follow a member.
  if (beganAsGzip && failure.message === 'incorrect header check') throw trailing();
  throw new Problem('gzip-corrupt', `the gzip stream cannot be inflated: ${failure.message}`, {}, { cause: failure });
}

function assertPadding(rest: Uint8Array): void {
  if (rest.some((byte) => byte !== 0)) throw trailing();
}

function trailing(): Problem {
  return new Problem('nifti-trailing-data', 'expected the file to end with its gzip stream, other bytes follow');
}
