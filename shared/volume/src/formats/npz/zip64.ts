import { Problem } from '@parse3d/contract/problems';

const FULL = 0xffff_ffff;

/**
 * Sizes and place of an entry: from its directory record, or from the zip64 field where the record has no room for them.
 * @throws Problem `npz-invalid`
 */
export function sizesOf(
  record: Buffer,
  extra: Buffer,
  name: string,
): { bytes: number; storedBytes: number; offset: number } {
  const wide = zip64Field(extra);
  let at = 0;
  const value = (narrow: number): number => {
    if (narrow !== FULL) return narrow;
    if (wide === undefined || at + 8 > wide.length) throw damaged(name);
    const found = Number(wide.readBigUInt64LE(at));
    at += 8;
    if (!Number.isSafeInteger(found)) throw damaged(name);
    return found;
  };
  // The field holds those of the three that do not fit, in this order.
  const bytes = value(record.readUInt32LE(24));
  const storedBytes = value(record.readUInt32LE(20));
  const offset = value(record.readUInt32LE(42));
  return { bytes, storedBytes, offset };
}

function zip64Field(extra: Buffer): Buffer | undefined {
  for (let at = 0; at + 4 <= extra.length;) {
    const length = extra.readUInt16LE(at + 2);
    if (extra.readUInt16LE(at) === 1) return extra.subarray(at + 4, at + 4 + length);
    at += 4 + length;
  }
  return undefined;
}

const damaged = (name: string): Problem => new Problem('npz-invalid', `the sizes of the zip entry ${name} are damaged`);
