/** A source of random choices; the same seed gives the same choices on every machine. */
export interface Choices {
  /** A whole number from 0 up to, and without, n. */
  readonly below: (n: number) => number;
  readonly pick: <T>(items: readonly [T, ...T[]]) => T;
}

export function choices(random: () => number): Choices {
  const below = (n: number): number => Math.floor(random() * n);
  return { below, pick: (items) => items[below(items.length)] ?? items[0] };
}

/** One to four random changes: a byte, a bit, a run of bytes, a number at its extremes, a cut, a repeat, a swap. */
export function mutate(seed: Uint8Array, { below, pick }: Choices): Buffer {
  let bytes: Buffer = Buffer.from(seed);
  for (let change = below(4); change >= 0 && bytes.length > 0; change -= 1) {
    const at = below(bytes.length);
    switch (below(8)) {
      case 0:
        bytes[at] = below(256);
        break;
      case 1:
        bytes.writeUInt8(bytes.readUInt8(at) ^ (1 << below(8)), at);
        break;
      case 2:
        bytes.fill(pick([0, 0xff, 0x7f, 0x80]), at, Math.min(bytes.length, at + pick([1, 2, 4, 8])));
        break;
      case 3:
        bytes = bytes.subarray(0, at + 1);
        break;
      case 4:
        bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(below(at + 1))]);
        break;
      case 5:
        // Lengths and counts at their limits.
        if (at + 4 <= bytes.length) bytes.writeUInt32LE(pick([0, 1, 0x7fff_ffff, 0xffff_ffff, 0x1_0000]), at);
        break;
      case 6: {
        const length = Math.min(16, bytes.length - at);
        bytes.copy(bytes, below(bytes.length - length + 1), at, at + length);
        break;
      }
      default:
        if (at + 8 <= bytes.length) bytes.writeDoubleLE(pick([NaN, Infinity, -1, 1e300, 2 ** 53, 5e-324]), at);
    }
  }
  return bytes;
}
