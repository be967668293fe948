import type { Readable } from 'node:stream';
import { Problem } from '@parse3d/contract/problems';

export type Body = Readable | Uint8Array;

/** Tells an error of the body apart from one of the store; the store throws the original. */
export class BodyError extends Error {
  readonly original: Error;

  constructor(cause: unknown) {
    super('the body of a write failed', { cause });
    this.original = cause instanceof Error ? cause : new Error(String(cause), { cause });
  }
}

interface BodyOptions {
  readonly maxBytes?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The body in the chunks it comes in, ending with `payload-too-large` after more than `maxBytes` bytes and with the
 * signal's problem on abort. Another error of the body comes as a BodyError. However the loop ends, the body is
 * destroyed.
 */
export async function* bodyChunks(body: Body, { maxBytes = Infinity, signal }: BodyOptions): AsyncGenerator<Buffer> {
  let bytes = 0;
  const count = (chunk: Buffer): Buffer => {
    bytes += chunk.length;
    if (bytes > maxBytes) {
      throw new Problem('payload-too-large', `at most ${maxBytes} bytes are accepted, the body has more`, { maxBytes });
    }
    return chunk;
  };
  throwIfAborted(signal);
  if (body instanceof Uint8Array) {
    yield count(Buffer.from(body.buffer, body.byteOffset, body.byteLength));
    return;
  }
  destroyOnAbort(body, signal);
  const chunks: AsyncIterator<Uint8Array | string> = body[Symbol.asyncIterator]();
  try {
    for (let next = await step(chunks); next.done !== true; next = await step(chunks)) {
      throwIfAborted(signal);
      yield count(typeof next.value === 'string' ? Buffer.from(next.value) : asBuffer(next.value));
    }
    throwIfAborted(signal);
  } finally {
    body.destroy();
  }
}

async function step<T>(chunks: AsyncIterator<T>): Promise<IteratorResult<T>> {
  try {
    return await chunks.next();
  } catch (error) {
    throw error instanceof Problem || error instanceof BodyError ? error : new BodyError(error);
  }
}

const asBuffer = (chunk: Uint8Array): Buffer =>
  Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);

/** Ends a body that will not be read, and keeps a late error of it (a closed connection) from ending the process. */
export function discard(body: Body): void {
  if (body instanceof Uint8Array) return;
  body.on('error', ignore);
  body.destroy();
}

/** Destroys the stream with the signal's problem when the signal aborts; forgets the signal when the stream closes. */
export function destroyOnAbort(stream: Readable, signal: AbortSignal | undefined): void {
  stream.on('error', ignore);
  if (signal === undefined) return;
  const abort = (): void => {
    stream.destroy(abortProblem(signal));
  };
  if (signal.aborted) return abort();
  signal.addEventListener('abort', abort, { once: true });
  stream.once('close', () => signal.removeEventListener('abort', abort));
}

export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw abortProblem(signal);
}

/** Why an operation was aborted: the signal's reason when that is a Problem, else `canceled`. */
export function abortProblem(signal: AbortSignal): Problem {
  const reason: unknown = signal.reason;
  if (reason instanceof Problem) return reason;
  return new Problem('canceled', 'the storage operation was aborted by its caller', {}, { cause: reason });
}

function ignore(): void {
  // Whoever reads the stream sees the error; this listener only stands for the time when nobody does.
}

/** The beginning of a body. */
export interface Beginning {
  readonly bytes: Buffer;
  /** True when these bytes are all. */
  readonly ended: boolean;
  /** These bytes and then the others. */
  andTheRest(): AsyncGenerator<Buffer>;
}

/** Reads until the body ends or more than `maxBytes` bytes are there. */
export async function take(chunks: AsyncGenerator<Buffer>, maxBytes: number): Promise<Beginning> {
  const taken: Buffer[] = [];
  let length = 0;
  let ended = false;
  while (!ended && length <= maxBytes) {
    const next = await chunks.next();
    if (next.done === true) ended = true;
    else {
      taken.push(next.value);
      length += next.value.length;
    }
  }
  const bytes = taken.length === 1 && taken[0] !== undefined ? taken[0] : Buffer.concat(taken);
  async function* andTheRest(): AsyncGenerator<Buffer> {
    yield bytes;
    yield* chunks;
  }
  return { bytes, ended, andTheRest };
}

/** The promise, or the signal's problem as soon as that aborts. */
export async function orAbort<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  let stop = (): void => undefined;
  const aborted = new Promise<never>((_resolve, reject) => {
    stop = () => reject(abortProblem(signal));
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
