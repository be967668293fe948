import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { Readable } from 'node:stream';
import { expect } from 'vitest';
import { Problem, type ProblemCode } from '@parse3d/contract/problems';
import type { BlobInfo, BlobStore, ReadOptions } from '@parse3d/storage';

export const MIB = 1024 * 1024;

/** What the cases of the conformance suite work with. */
export interface SuiteBench {
  readonly store: BlobStore;
  /** Whether the store makes URLs. */
  readonly presigns: boolean;
  /** A key that no other test uses. */
  readonly newKey: (end?: string) => string;
  readonly put: (key: string, text: string) => Promise<BlobInfo>;
  readonly get: (key: string, options?: ReadOptions & { maxBytes?: number }) => Promise<string>;
}

export async function fails(promise: Promise<unknown>, code: ProblemCode): Promise<void> {
  const error: unknown = await promise.then(
    () => new Error(`expected ${code}, but it succeeded`),
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(Problem);
  expect(error).toMatchObject({ code });
}

export async function collect(body: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of body as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}

export const sha256 = (data: Buffer): string => createHash('sha256').update(data).digest('hex');

/** The data as a stream of unknown length. */
export function slices(data: Buffer, size: number): Readable {
  return Readable.from(
    (function* () {
      for (let start = 0; start < data.length; start += size) yield data.subarray(start, start + size);
    })(),
    { objectMode: false },
  );
}

export const zeros = (bytes: number): Readable => slices(Buffer.alloc(bytes), MIB);

/** A sender that stops in the middle; `drained` resolves when the receiver has taken all that came. */
export function hanging(bytes: number): { body: Readable; drained: Promise<void> } {
  let taken = (): void => undefined;
  const drained = new Promise<void>((resolve) => (taken = resolve));
  let left = bytes;
  const body = new Readable({
    read() {
      if (left === 0) return taken();
      const chunk = Buffer.alloc(Math.min(left, 64 * 1024));
      left -= chunk.length;
      this.push(chunk);
    },
  });
  return { body, drained };
}

/** Files and sockets that this process has open; constant where the system does not tell. */
export function openFiles(): number {
  return process.platform === 'linux' ? readdirSync('/proc/self/fd').length : 0;
}
