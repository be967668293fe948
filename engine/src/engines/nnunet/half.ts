/**
 * Half-precision numbers as their 16 bits. nnU-Net sums logits in half precision; a sum in single precision has other last
 * digits, and decides otherwise where two classes are nearly equal.
 */

const single = new Float32Array(1);
const bits = new Uint32Array(single.buffer);

/** Value of each of the 65536 half-precision numbers. */
export const HALF_VALUES: Float32Array = Float32Array.from({ length: 65_536 }, (_, half) => valueOf(half));

/** The nearest half-precision number, of two equally near the even one, as IEEE 754 and PyTorch round. */
export function toHalf(value: number): number {
  single[0] = value;
  const all = bits[0];
  const sign = (all >>> 16) & 0x8000;
  const size = all & 0x7fff_ffff;
  if (size > 0x7f80_0000) return sign | 0x7e00;
  if (size >= 0x4780_0000) return sign | 0x7c00;
  if (size < 0x3880_0000) {
    // Below the normal numbers: the last bit of a number from 0.5 to 1 is the last bit of a half.
    single[0] = Math.abs(value) + 0.5;
    return sign | (bits[0] - 0x3f00_0000);
  }
  return sign | ((size - 0x3800_0000 + 0xfff + ((size >>> 13) & 1)) >>> 13);
}

function valueOf(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >>> 10) & 31;
  const fraction = half & 1023;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1024 + fraction) * 2 ** (exponent - 25);
}
