import { mkdirSync, writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { parseNiftiHeader, readNifti, readNiftiHeader } from '../../src/formats/index.js';
import { voxelCount } from '../../src/geometry/index.js';
import { isProblem } from '@parse3d/contract/problems';
import { seededRandom } from '../geometry/random.js';
import { concat, spoil, stream, validHeader } from './headers.js';

const CASES = 4000;
const LIMITS = { maxVoxels: 1e6, maxBytes: 8e6 };

const random = seededRandom(2026);
const below = (n: number): number => Math.floor(random() * n);
const pick = <T>(items: readonly [T, ...T[]]): T => items[below(items.length)] ?? items[0];

/** Valid files of both versions, scaled and not, plain and compressed, with an extension, in several members. */
const seeds = ([1, 2] as const).flatMap((version) => {
  const voxels = Buffer.from(Array.from({ length: 48 }, () => below(256)));
  const plain = concat(validHeader(version), voxels);
  const scaled = concat(spoil(version, { scl_slope: 0.5, scl_inter: 3, datatype: 4 }), voxels);
  const qform = concat(spoil(version, { sform_code: 0, qform_code: 1, quatern: [0.5, 0.5, 0.5, 1, 2, 3] }), voxels);
  const extended = concat(
    spoil(version, { vox_offset: validHeader(version).length + 32 }),
    Buffer.alloc(32, 1),
    voxels,
  );
  const members = concat(gzipSync(plain.subarray(0, 200)), gzipSync(plain.subarray(200)));
  return [plain, scaled, qform, extended, gzipSync(plain), gzipSync(extended, { level: 0 }), members];
});

/** One to four random changes: a byte, a run of bytes, a number at its extremes, a cut, a repeat. */
function mutate(seed: Buffer): Buffer {
  let bytes: Buffer = Buffer.from(seed);
  for (let change = below(4); change >= 0; change -= 1) {
    const at = below(bytes.length);
    switch (below(6)) {
      case 0:
        bytes[at] = below(256);
        break;
      case 1:
        bytes[at] = (bytes[at] ?? 0) ^ (1 << below(8));
        break;
      case 2:
        bytes.fill(pick([0, 0xff, 0x7f, 0x80]), at, Math.min(bytes.length, at + pick([1, 2, 4, 8])));
        break;
      case 3:
        bytes = bytes.subarray(0, at + 1);
        break;
      case 4:
        bytes = concat(bytes.subarray(0, at), bytes.subarray(below(at + 1)));
        break;
      default:
        if (at + 8 <= bytes.length) bytes.writeDoubleLE(pick([NaN, Infinity, -1, 1e300, 2 ** 53, 5e-324]), at);
    }
  }
  return bytes;
}

describe('mutated files', () => {
  test(`${CASES} of them are each a volume or a problem, in bounded memory and time`, async () => {
    const before = process.memoryUsage().rss;
    const outcomes = new Map<string, number>();
    const count = (outcome: string): void => void outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    for (let n = 0; n < CASES; n += 1) {
      const bytes = mutate(seeds[n % seeds.length] ?? Buffer.alloc(0));
      try {
        const image = await readNifti(stream(bytes, pick([1 << 20, 64, 1000])), LIMITS);
        expect(image.data.length).toBe(voxelCount(image.geometry.shape));
        expect(image.data.length).toBeLessThanOrEqual(LIMITS.maxVoxels);
        expect(image.data.every(Number.isFinite)).toBe(true);
        expect(image.geometry.affine.every(Number.isFinite)).toBe(true);
        count('volume');
      } catch (error) {
        if (!isProblem(error) || error.code === 'internal') throw keep(bytes, error);
        count(error.code);
      }
    }
    // The changes reach all stages: some files survive, others fail in the header, the stream or the voxels.
    for (const outcome of [
      'volume',
      'nifti-truncated',
      'gzip-corrupt',
      'nifti-header-invalid',
      'nifti-affine-invalid',
    ]) {
      expect(outcomes.get(outcome) ?? 0, outcome).toBeGreaterThan(10);
    }
    expect(process.memoryUsage().rss - before).toBeLessThan(400e6);
  });

  test('headers alone, and prefixes, give a header or a problem', async () => {
    for (let n = 0; n < CASES; n += 1) {
      const bytes = mutate(seeds[n % seeds.length] ?? Buffer.alloc(0));
      for (const parse of [() => parseNiftiHeader(bytes), () => readNiftiHeader(bytes)]) {
        try {
          const header = await parse();
          expect(header.voxelBytes).toBe(voxelCount(header.geometry.shape) * header.bytesPerVoxel);
          expect(header.voxelOffset).toBeGreaterThanOrEqual(348);
        } catch (error) {
          if (!isProblem(error) || error.code === 'internal') throw keep(bytes, error);
        }
      }
    }
  });
});

/** Leaves the file that broke the reader where it can be looked at. */
function keep(bytes: Uint8Array, cause: unknown): Error {
  mkdirSync('test-results', { recursive: true });
  writeFileSync('test-results/fuzz-failure.bin', bytes);
  return new Error('not a problem; the file is test-results/fuzz-failure.bin', { cause });
}
