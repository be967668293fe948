import { Problem } from '@parse3d/contract/problems';

/** A 16-bit float's value. */
function halfValue(bits: number): number {
  const sign = (bits & 0x8000) === 0 ? 1 : -1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : Number.NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** 16-bit floats as the little-endian bytes of 32-bit floats, exactly. Chunks may end inside a value. */
export async function* widenHalves(
  chunks: AsyncIterable<Uint8Array>,
  littleEndian: boolean,
): AsyncGenerator<Uint8Array> {
  let left = Buffer.alloc(0);
  for await (const chunk of chunks) {
    const bytes = Buffer.concat([left, chunk]);
    const count = bytes.length >> 1;
    const out = Buffer.alloc(count * 4);
    for (let n = 0; n < count; n += 1) {
      const bits = littleEndian ? bytes.readUInt16LE(n * 2) : bytes.readUInt16BE(n * 2);
      out.writeFloatLE(halfValue(bits), n * 4);
    }
    left = bytes.subarray(count * 2);
    yield out;
  }
  if (left.length > 0) throw new Problem('npz-invalid', 'the array ends inside a value');
}
