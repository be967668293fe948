import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { Transform, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { parseStored, type StoredSchema } from '@parse3d/contract';
import { isProblem, Problem } from '@parse3d/contract/problems';
import type { BlobInfo, BlobStore, ReadOptions, WriteOptions } from './blob-store.js';

type VersionOptions = Pick<ReadOptions, 'etag' | 'signal'>;

/** @default 64 MiB, for the small records that are read whole */
const MAX_WHOLE_BYTES = 64 * 1024 * 1024;

/**
 * A small object in memory.
 * @throws Problem `payload-too-large` when it has more than `maxBytes` bytes (64 MiB unless told otherwise), and those
 * of `read`
 */
export async function readAll(
  store: BlobStore,
  key: string,
  { maxBytes = MAX_WHOLE_BYTES, ...options }: ReadOptions & { maxBytes?: number | undefined } = {},
): Promise<Buffer> {
  const { body } = await store.read(key, options);
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maxBytes) {
      throw new Problem('payload-too-large', `${key} has more than the ${maxBytes} bytes that are read of it`, {
        key,
        maxBytes,
      });
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/**
 * A JSON object as unknown data, for a schema to parse.
 * @throws Problem `internal` when it is not JSON, and those of `readAll`
 */
export async function readJson(
  store: BlobStore,
  key: string,
  options: VersionOptions & { maxBytes?: number | undefined } = {},
): Promise<unknown> {
  const text = (await readAll(store, key, options)).toString('utf8');
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw new Problem('internal', `${key} is not valid JSON`, { key }, { cause: error });
  }
}

/**
 * A record of our own that may not be there; undefined when it is not. Fields that the schema does not know are of the
 * next version, and are left out.
 * @throws Problem `record-invalid` when it is not JSON or not what the schema expects, and those of `readAll`
 */
export async function readRecord<T>(store: BlobStore, key: string, schema: StoredSchema<T>): Promise<T | undefined> {
  let bytes: Buffer;
  try {
    bytes = await readAll(store, key);
  } catch (error) {
    if (isProblem(error, 'blob-missing')) return undefined;
    throw error;
  }
  return parseRecord(key, bytes.toString('utf8'), schema);
}

/** Called with the key of a record that cannot be read and was passed over. */
export type OnUnreadable = (key: string, problem: Problem) => void;

/**
 * One of several records. One that cannot be read is passed over, so that a list is not as ill as its worst entry.
 *
 * @throws Problem of `readAll`
 */
export async function readListed<T>(
  store: BlobStore,
  key: string,
  schema: StoredSchema<T>,
  onUnreadable: OnUnreadable,
): Promise<T | undefined> {
  try {
    return await readRecord(store, key, schema);
  } catch (error) {
    if (!isProblem(error, 'record-invalid')) throw error;
    onUnreadable(key, error);
    return undefined;
  }
}

/**
 * The text of a record of our own, or of a part of one, as the schema reads it.
 * @param key names the record in the problem
 * @throws Problem `record-invalid`
 */
export function parseRecord<T>(key: string, text: string, schema: StoredSchema<T>): T {
  try {
    return parseStored(schema, JSON.parse(text));
  } catch (cause) {
    const why = (cause instanceof Error ? cause.message : String(cause)).replace(/\s+/g, ' ').slice(0, 300);
    throw new Problem(
      'record-invalid',
      `${key} is not a record that this version can read: ${why}`,
      { key },
      { cause },
    );
  }
}

/** Writes a value as JSON. @throws Problem as `write` */
export async function writeJson(
  store: BlobStore,
  key: string,
  value: unknown,
  options: Omit<WriteOptions, 'contentType'> = {},
): Promise<BlobInfo> {
  return store.write(key, Buffer.from(JSON.stringify(value)), { ...options, contentType: 'application/json' });
}

/**
 * Streams an object into a file, which is replaced when it is there and removed when the copy fails.
 * @returns the version that was copied, its size, and the SHA-256 of its bytes in lower-case hexadecimal
 * @throws Problem as `read`, and `payload-too-large` beyond `maxBytes`
 */
export async function copyToFile(
  store: BlobStore,
  key: string,
  path: string,
  options: VersionOptions & {
    maxBytes?: number | undefined;
    /** Called with the number of bytes so far and in all. */
    onBytes?: ((bytes: number, total: number) => void) | undefined;
  } = {},
): Promise<{ info: BlobInfo; bytes: number; sha256: string }> {
  const { info, body } = await store.read(key, options);
  if (info.bytes > (options.maxBytes ?? Infinity)) {
    body.destroy();
    throw new Problem('payload-too-large', `${key} has ${info.bytes} bytes, at most ${options.maxBytes} are copied`, {
      key,
      bytes: info.bytes,
      maxBytes: options.maxBytes,
    });
  }
  const meter = new Meter((bytes) => options.onBytes?.(bytes, info.bytes));
  try {
    await pipeline(body, meter, createWriteStream(path));
  } catch (error) {
    await rm(path, { force: true });
    throw Problem.from(error);
  }
  return { info, bytes: meter.bytes, sha256: meter.sha256() };
}

/**
 * Streams a file into an object.
 * @returns what was stored, and the SHA-256 of its bytes in lower-case hexadecimal
 * @throws Problem as `write`, and `internal` when the file cannot be read
 */
export async function writeFileTo(
  store: BlobStore,
  key: string,
  path: string,
  options: WriteOptions & { onBytes?: ((bytes: number) => void) | undefined } = {},
): Promise<{ info: BlobInfo; sha256: string }> {
  const { onBytes, ...writeOptions } = options;
  const meter = new Meter((bytes) => onBytes?.(bytes));
  const file = createReadStream(path, { highWaterMark: 256 * 1024 });
  // Either end's failure destroys the other; the write's own promise tells which it was.
  const feeding = pipeline(file, meter).catch((error: unknown) => error);
  try {
    return { info: await store.write(key, meter, writeOptions), sha256: meter.sha256() };
  } catch (error) {
    throw Problem.from(error);
  } finally {
    file.destroy();
    await feeding;
  }
}

/** The SHA-256 of an object's bytes in lower-case hexadecimal, and the version that has it. @throws Problem as `read` */
export async function sha256Of(
  store: BlobStore,
  key: string,
  options: VersionOptions = {},
): Promise<{ info: BlobInfo; bytes: number; sha256: string }> {
  const { info, body } = await store.read(key, options);
  const meter = new Meter();
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  await pipeline(body, meter, nowhere);
  return { info, bytes: meter.bytes, sha256: meter.sha256() };
}

/** Counts and hashes what passes. */
class Meter extends Transform {
  bytes = 0;
  readonly #hash = createHash('sha256');
  readonly #onBytes: ((bytes: number) => void) | undefined;

  constructor(onBytes?: (bytes: number) => void) {
    super({ highWaterMark: 256 * 1024 });
    this.#onBytes = onBytes;
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: (error: null, chunk: Buffer) => void): void {
    this.#hash.update(chunk);
    this.bytes += chunk.length;
    this.#onBytes?.(this.bytes);
    done(null, chunk);
  }

  /** Of all that passed; once, at the end. */
  sha256(): string {
    return this.#hash.digest('hex');
  }
}
