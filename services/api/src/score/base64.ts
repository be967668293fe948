import { Problem } from '@parse3d/contract/problems';

const SKIP = 64;
const PAD = 65;
const WRONG = 66;

const meanings = new Uint8Array(256).fill(WRONG);
[...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'].forEach((character, value) => {
  meanings[character.charCodeAt(0)] = value;
});
for (const blank of '\n\r\t ') meanings[blank.charCodeAt(0)] = SKIP;
meanings['='.charCodeAt(0)] = PAD;

/**
 * Decodes base64 piece by piece. Line breaks are skipped, as Python's `encodebytes` puts them in; any other character, a
 * missing one, or something after the padding is refused.
 * @throws Problem `request-invalid`
 */
export async function* decodeBase64(pieces: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let bits = 0;
  let sextets = 0;
  let pads = 0;
  for await (const piece of pieces) {
    // Four characters make three bytes, and three may be left over from the piece before.
    const out = Buffer.allocUnsafe(Math.ceil(piece.length / 4) * 3 + 3);
    let length = 0;
    for (const character of piece) {
      const value = meanings[character] ?? WRONG;
      if (value === SKIP) continue;
      if (value === WRONG || (value !== PAD && pads > 0)) {
        throw new Problem('request-invalid', 'expected the image to be base64, it has a character that is not');
      }
      if (value === PAD) pads += 1;
      bits = ((bits << 6) | (value === PAD ? 0 : value)) & 0xff_ffff;
      sextets += 1;
      if (sextets < 4) continue;
      out[length] = bits >> 16;
      out[length + 1] = bits >> 8;
      out[length + 2] = bits;
      length += 3 - pads;
      sextets = 0;
      bits = 0;
    }
    if (length > 0) yield out.subarray(0, length);
  }
  if (sextets !== 0 || pads > 2) throw new Problem('request-invalid', 'the base64 of the image is cut off');
}

/** Length of n bytes in base64. */
export const base64Length = (bytes: number): number => 4 * Math.ceil(bytes / 3);

/** Encodes to base64 piece by piece, as one line. */
export async function* encodeBase64(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  let left = Buffer.alloc(0);
  for await (const chunk of chunks) {
    const bytes = left.length === 0 ? Buffer.from(chunk) : Buffer.concat([left, chunk]);
    const whole = bytes.length - (bytes.length % 3);
    left = bytes.subarray(whole);
    if (whole > 0) yield bytes.toString('base64', 0, whole);
  }
  if (left.length > 0) yield left.toString('base64');
}
