import { Problem } from '@parse3d/contract/problems';

/** A media type with its parameters is shorter. */
const MAX_HEAD_BYTES = 256;
const COMMA = 0x2c;

/**
 * The base64 of an image that is given as such, or as a `data:` URL of any media type.
 * @throws Problem `request-invalid` for a `data:` URL that is not base64
 */
export async function* base64OfImage(pieces: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let head: Buffer | undefined = Buffer.alloc(0);
  for await (const piece of pieces) {
    if (head === undefined) {
      yield piece;
      continue;
    }
    head = Buffer.concat([head, piece]);
    const rest = afterHead(head);
    if (rest === undefined) continue;
    head = undefined;
    yield rest;
  }
  if (head === undefined || head.length === 0) return;
  // Four characters of base64 may begin as the scheme does; a whole scheme lacks the comma behind its head.
  if (head.length < SCHEME.length) yield head;
  else throw new Problem('request-invalid', 'the data: URL of the image ends before its data');
}

/** The bytes behind `data:…;base64,`, or all where there is no such head; undefined until that can be told. */
function afterHead(start: Buffer): Buffer | undefined {
  if (!isScheme(start)) return start;
  if (start.length < SCHEME.length) return undefined;
  const comma = start.subarray(0, MAX_HEAD_BYTES).indexOf(COMMA);
  if (comma < 0 && start.length < MAX_HEAD_BYTES) return undefined;
  if (comma < 0 || !/;\s*base64$/i.test(start.toString('latin1', 0, comma))) {
    throw new Problem('request-invalid', 'expected the data: URL of the image to be data:<media type>;base64,<data>');
  }
  return start.subarray(comma + 1);
}

const SCHEME = 'data:';

/** Whether it begins as a `data:` URL does, as far as it goes. The colon is not a character of base64. */
const isScheme = (start: Buffer): boolean =>
  SCHEME.startsWith(start.toString('latin1', 0, SCHEME.length).toLowerCase());
