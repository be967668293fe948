import { join } from 'node:path';
import { writeFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import { isProblem } from '@parse3d/contract/problems';
import { expect, test } from 'vitest';
import { buildNiftiHeader, readNiftiHeader, readVolume } from '../../src/formats/index.js';
import { validHeader } from './headers.js';
import { temporaryFolder } from './temporary.js';

const folder = temporaryFolder();
const FRAMES = 3;
const [ni, nj, nk] = [2, 3, 4];

/** A 4D file of int16 whose voxels are 100 times the frame, plus their place. */
function fourDimensional(version: 1 | 2): Buffer {
  const header = Buffer.from(validHeader(version));
  if (version === 1) {
    header.writeInt16LE(4, 40);
    header.writeInt16LE(FRAMES, 48);
  } else {
    header.writeBigInt64LE(4n, 16);
    header.writeBigInt64LE(BigInt(FRAMES), 48);
  }
  const voxels = Int16Array.from(
    { length: ni * nj * nk * FRAMES },
    (_, n) => 100 * (Math.floor(n / (ni * nj * nk)) + 1) + (n % (ni * nj * nk)),
  );
  return Buffer.concat([header, Buffer.from(voxels.buffer)]);
}

test.each([1, 2] as const)(
  'each frame of a 4D NIfTI-%i is a volume of its own, as it is and compressed',
  async (version) => {
    for (const bytes of [fourDimensional(version), gzipSync(fourDimensional(version))]) {
      const path = join(folder, 'x.nii');
      await writeFile(path, bytes);
      for (let frame = 1; frame <= FRAMES; frame += 1) {
        const image = await readVolume(path, { frame });
        expect([...image.data]).toEqual(Array.from({ length: ni * nj * nk }, (_, n) => 100 * frame + n));
        expect(image.readWarnings).toEqual([`The file holds 3 volumes; this is frame ${frame} of them.`]);
        expect(image.header.frame).toEqual({ number: frame, count: FRAMES });
        // What is written of it is a file of three axes.
        const written = buildNiftiHeader({ geometry: image.geometry, space: image.header.space, datatype: 'uint8' });
        expect((await readNiftiHeader(written)).frame).toBeUndefined();
      }
      await expect(readVolume(path)).rejects.toThrow(
        'it has 3 frames; choose one, from 1 to 3, by the option frame (--frame N)',
      );
      await expect(readVolume(path, { frame: 4 })).rejects.toSatisfy((error) => isProblem(error, 'volume-not-3d'));
      expect((await readNiftiHeader(bytes, { frame: 'any' })).frame?.count).toBe(FRAMES);
    }
  },
);

test('a file that ends after the frame says so, and one that ends in it is refused', async () => {
  const path = join(folder, 'x.nii');
  await writeFile(path, fourDimensional(1).subarray(0, -40));
  expect((await readVolume(path, { frame: 2 })).readWarnings?.at(-1)).toBe(
    'The file ends early: of the frames after this one 40 bytes are missing.',
  );
  await expect(readVolume(path, { frame: 3 })).rejects.toSatisfy((error) => isProblem(error, 'nifti-truncated'));
});

test('a volume of three axes has frame 1 alone', async () => {
  const path = join(folder, 'x.nii');
  await writeFile(path, Buffer.concat([validHeader(1), Buffer.alloc(ni * nj * nk * 2)]));
  expect((await readVolume(path, { frame: 1 })).data).toHaveLength(ni * nj * nk);
  await expect(readVolume(path, { frame: 2 })).rejects.toThrow('frame 2 was asked for, but it is one 3D volume');
});
