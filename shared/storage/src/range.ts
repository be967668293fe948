import { Problem } from '@parse3d/contract/problems';
import type { ReadOptions } from './blob-store.js';

/**
 * The numbers of a range on their own, before the object's size is known.
 * @throws Problem `blob-range-invalid`
 */
export function checkRange({ start, end }: ReadOptions): void {
  const isOffset = (value: number | undefined): boolean =>
    value === undefined || (Number.isSafeInteger(value) && value >= 0);
  if (!isOffset(start) || !isOffset(end) || (end !== undefined && end < (start ?? 0))) {
    throw new Problem(
      'blob-range-invalid',
      `a byte range has whole numbers 0 <= start <= end; got ${start ?? 0} to ${end ?? 'the end'}`,
      { start, end },
    );
  }
}

/**
 * First byte and number of bytes of a range within an object of `bytes` bytes. As in HTTP, an end beyond the object
 * means its last byte, and a start beyond it is an error; so is any explicit range of an empty object.
 * @throws Problem `blob-range-invalid`
 */
export function resolveRange(bytes: number, options: ReadOptions): { start: number; length: number } {
  checkRange(options);
  const { start = 0, end } = options;
  if (start >= bytes && (start > 0 || end !== undefined)) throw outsideObject(start, end, bytes);
  const last = Math.min(end ?? bytes - 1, bytes - 1);
  return { start, length: last - start + 1 };
}

export function outsideObject(start: number, end: number | undefined, bytes?: number): Problem {
  const size = bytes === undefined ? 'the object is shorter' : `the object has ${bytes} bytes`;
  return new Problem('blob-range-invalid', `bytes ${start} to ${end ?? 'the end'} were asked for, ${size}`, {
    start,
    end,
    bytes,
  });
}
