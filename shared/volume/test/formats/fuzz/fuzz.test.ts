import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { isProblem } from '@parse3d/contract/problems';
import { parseNiftiHeader, readNifti, readNiftiHeader, readVolume } from '../../../src/formats/index.js';
import { voxelCount } from '../../../src/geometry/index.js';
import { seededRandom } from '../../geometry/random.js';
import { stream } from '../headers.js';
import { temporaryFolder } from '../temporary.js';
import { choices, mutate } from './mutate.js';
import { zip } from '../npz-files.js';
import { dicomSeeds, niftiSeeds, npzSeeds, type Entries } from './seeds.js';

/** `npm run fuzz -- --cases 100000 --seed 7` sets them. */
const CASES = Number(process.env['PARSE3D_FUZZ_CASES'] ?? 4_000);
const SEED = Number(process.env['PARSE3D_FUZZ_SEED'] ?? 2026);
const LIMITS = { maxVoxels: 1e6, maxBytes: 8e6 };
/** What a reader may keep beyond what it gave back, over all cases together. */
const MEMORY_BYTES = 400e6;

const random = choices(seededRandom(SEED));

interface Format {
  readonly name: string;
  readonly share: number;
  /** The n-th mutated file. */
  readonly make: (n: number) => Buffer;
  readonly read: (bytes: Buffer, path: string) => ReturnType<typeof readVolume>;
  /** Outcomes that the changes must reach, so that every stage is tried. */
  readonly reached: readonly string[];
}

const fromFile = (bytes: Buffer, path: string): ReturnType<typeof readVolume> => {
  writeFileSync(path, bytes);
  return readVolume(path, LIMITS);
};

/** Most changes go into an entry, whose zip file is whole; some into the zip file itself. */
const mutatedZip =
  (seeds: readonly Entries[]) =>
  (n: number): Buffer => {
    const entries = seeds[n % seeds.length] ?? [];
    if (n % 5 === 0) return mutate(zip(entries), random);
    const spoilt = random.below(entries.length);
    return zip(entries.map(([name, content], at) => [name, at === spoilt ? mutate(content, random) : content]));
  };

const nifti = niftiSeeds();

const formats: readonly Format[] = [
  {
    name: 'NIfTI',
    share: 0.6,
    make: (n) => mutate(nifti[n % nifti.length] ?? Buffer.alloc(0), random),
    read: (bytes) => readNifti(stream(bytes, random.pick([1 << 20, 64, 1000])), LIMITS),
    reached: ['volume', 'nifti-truncated', 'gzip-corrupt', 'nifti-header-invalid', 'nifti-affine-invalid'],
  },
  { name: 'npz', share: 0.2, make: mutatedZip(npzSeeds()), read: fromFile, reached: ['volume', 'npz-invalid'] },
  {
    name: 'DICOM zip',
    share: 0.2,
    make: mutatedZip(dicomSeeds()),
    read: fromFile,
    reached: ['volume', 'archive-invalid', 'dicom-invalid'],
  },
];

describe('mutated files', () => {
  const folder = temporaryFolder();

  test.each(formats)(
    '$name: each is a volume or a problem with a code, in bounded memory',
    async ({ name, share, make, read, reached }) => {
      const cases = Math.ceil(CASES * share);
      const outcomes = new Map<string, number>();
      const before = process.memoryUsage().rss;
      let slowestMs = 0;
      for (let n = 0; n < cases; n += 1) {
        const bytes = make(n);
        const startedAt = performance.now();
        const outcome = await outcomeOf(() => read(bytes, join(folder, 'case')), bytes);
        slowestMs = Math.max(slowestMs, performance.now() - startedAt);
        outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
      }
      for (const outcome of reached) expect(outcomes.get(outcome) ?? 0, outcome).toBeGreaterThan(0);
      expect(process.memoryUsage().rss - before).toBeLessThan(MEMORY_BYTES);
      if (process.env['PARSE3D_FUZZ_CASES'] !== undefined) {
        const counts = [...outcomes].sort(([, a], [, b]) => b - a).map(([outcome, count]) => `${outcome} ${count}`);
        process.stdout.write(
          `${name}, seed ${SEED}: ${cases} cases, slowest ${slowestMs.toFixed(0)} ms: ${counts.join(', ')}\n`,
        );
      }
    },
    3_600_000,
  );

  test('headers alone, and prefixes, give a header or a problem', async () => {
    for (let n = 0; n < CASES * 0.6; n += 1) {
      const bytes = mutate(nifti[n % nifti.length] ?? Buffer.alloc(0), random);
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
  }, 3_600_000);
});

/** `volume`, or the code of the problem. Anything else is a fault of the reader, and the file is kept. */
async function outcomeOf(read: () => ReturnType<typeof readVolume>, bytes: Buffer): Promise<string> {
  try {
    const { data, geometry } = await read();
    expect(data.length).toBe(voxelCount(geometry.shape));
    expect(data.length).toBeLessThanOrEqual(LIMITS.maxVoxels);
    expect(geometry.affine.every(Number.isFinite)).toBe(true);
    return 'volume';
  } catch (error) {
    if (!isProblem(error) || error.code === 'internal') throw keep(bytes, error);
    return error.code;
  }
}

/** Leaves the file that broke the reader where it can be looked at. */
function keep(bytes: Uint8Array, cause: unknown): Error {
  mkdirSync('test-results', { recursive: true });
  writeFileSync('test-results/fuzz-failure.bin', bytes);
  return new Error('not a problem; the file is test-results/fuzz-failure.bin', { cause });
}
