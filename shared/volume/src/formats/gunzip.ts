import { crc32, createInflateRaw } from 'node:zlib';
import { Problem } from '@parse3d/contract/problems';
import { ByteInput } from './byte-input.js';

const CHUNK_BYTES = 2 ** 20;

/** Deflate cannot expand more than this: a declared size beyond it is forged. */
export const MAX_GZIP_RATIO = 1032;

/** Takes inflated bytes in order; they are only valid during the call. Throwing ends the stream with that error. */
export type ByteSink = (bytes: Uint8Array) => 'more' | 'enough';

export interface GunzipOptions {
  /** @default 1 MiB */
  readonly chunkBytes?: number;
  /** Asked at the end of a member: true when the content is whole, so that what follows may be anything. */
  readonly isComplete?: () => boolean;
}

/** True for the two magic bytes of gzip: the content decides, not the file's name. */
export function isGzip(start: Uint8Array): boolean {
  return start[0] === 0x1f && start[1] === 0x8b;
}

/**
 * Inflates gzip (one member or several, checksums verified) into a sink, a megabyte at a time: nothing is collected,
 * so a bomb is stopped by the sink after one chunk. Zero padding after the last member is accepted, as gzip(1) does.
 * Resolves at the end of the stream, or as soon as the sink has enough; the source is closed either way.
 *
 * zlib's own reader of members loses what it has inflated when other bytes follow a member; so members are taken apart
 * here, and zlib inflates each.
 * @returns how many bytes that are not zeros alone follow the stream
 * @throws Problem `nifti-truncated` when the stream ends in the middle, `gzip-corrupt`, `nifti-trailing-data` when the
 *   content is not whole and something else follows, and whatever the source or the sink throw
 */
export async function gunzip(
  source: AsyncIterable<Uint8Array>,
  sink: ByteSink,
  options: GunzipOptions = {},
): Promise<number> {
  const input = new ByteInput(source);
  try {
    for (let first = true; ; first = false) {
      const start = await input.peek(2);
      if (!isGzip(start)) {
        if (first) throw new Problem('gzip-corrupt', 'the stream does not begin as gzip');
        return await afterLastMember(input, options);
      }
      const complete = !first && options.isComplete?.() === true;
      const unread = input.taken;
      try {
        if ((await inflateMember(input, sink, options.chunkBytes ?? CHUNK_BYTES)) === 'enough') return 0;
      } catch (error) {
        // Bytes that begin like another member, and are not one.
        const broken = error instanceof Problem && ['gzip-corrupt', 'nifti-truncated'].includes(error.code);
        if (!complete || !broken) throw error;
        await input.count();
        return input.taken - unread;
      }
    }
  } finally {
    await input.close();
  }
}

async function afterLastMember(input: ByteInput, { isComplete }: GunzipOptions): Promise<number> {
  const rest = await input.count();
  if (rest.onlyZeros) return 0;
  if (isComplete?.() === true) return rest.bytes;
  throw new Problem('nifti-trailing-data', 'the gzip stream ends before the voxels do, and other bytes follow');
}

/** One member: header, deflated bytes, checksum and length. */
async function inflateMember(input: ByteInput, sink: ByteSink, chunkSize: number): Promise<'more' | 'enough'> {
  await skipHeader(input);
  const inflater = createInflateRaw({ chunkSize });
  let enough = false;
  let failure: Error | undefined;
  let over = false;
  let wake = (): void => undefined;
  let checksum = 0;
  let length = 0;
  const finish = (): void => {
    over = true;
    wake();
  };
  inflater.on('data', (bytes: Uint8Array) => {
    if (over) return;
    try {
      checksum = crc32(bytes, checksum);
      length += bytes.length;
      enough = sink(bytes) === 'enough';
      if (enough) inflater.destroy();
    } catch (error) {
      inflater.destroy(Problem.from(error));
    }
  });
  inflater.on('error', (error) => (failure ??= error));
  inflater.on('end', finish);
  inflater.on('close', finish);

  // zlib stops without calling back when it meets bytes after the deflated ones, so `end` and `close` wake the writer too.
  const feed = (chunk: Uint8Array): Promise<void> =>
    new Promise((resolve) => {
      wake = resolve;
      inflater.write(chunk, () => resolve());
    });
  try {
    let fed = 0;
    while (!over) {
      const chunk = await input.next();
      if (chunk === undefined) {
        await new Promise<void>((resolve) => {
          wake = resolve;
          inflater.end();
        });
        throwFailure(failure);
        break;
      }
      if (chunk.length === 0) continue;
      await feed(chunk);
      fed += chunk.length;
      throwFailure(failure);
      if (enough) return 'enough';
      if (over) input.unread(chunk.subarray(chunk.length - (fed - inflater.bytesWritten)));
    }
  } finally {
    inflater.destroy();
  }
  const trailer = await input.take(8);
  if (trailer.readUInt32LE(0) !== checksum || trailer.readUInt32LE(4) !== length % 2 ** 32) {
    throw new Problem('gzip-corrupt', 'the gzip stream does not match its checksum or its length');
  }
  return 'more';
}

const [FHCRC, FEXTRA, FNAME, FCOMMENT] = [2, 4, 8, 16];

async function skipHeader(input: ByteInput): Promise<void> {
  const fixed = await input.take(10);
  const [, , method, flags = 0] = fixed;
  if (method !== 8 || flags >= 32) throw new Problem('gzip-corrupt', 'the gzip stream has a header of an unknown kind');
  if (flags & FEXTRA) await input.take((await input.take(2)).readUInt16LE(0));
  for (const flag of [FNAME, FCOMMENT]) {
    if (flags & flag) while ((await input.take(1))[0] !== 0);
  }
  if (flags & FHCRC) await input.take(2);
}

function throwFailure(failure: Error | undefined): void {
  if (failure === undefined) return;
  if (failure instanceof Problem) throw failure;
  const code = 'code' in failure ? failure.code : undefined;
  if (code === 'Z_BUF_ERROR') {
    throw new Problem('nifti-truncated', 'the gzip stream ends in the middle', {}, { cause: failure });
  }
  throw new Problem('gzip-corrupt', `the gzip stream cannot be inflated: ${failure.message}`, {}, { cause: failure });
}
