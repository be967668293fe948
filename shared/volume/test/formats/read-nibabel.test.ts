import { execFileSync } from 'node:child_process';
import { createReadStream, existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import { readNifti, readNiftiHeader, type NiftiImage } from '../../src/formats/index.js';
import { isProblem } from '@parse3d/contract/problems';
import { describeWithNibabel, PYTHON, runPython } from './python.js';
import { temporaryFolder } from './temporary.js';

const HERE = dirname(fileURLToPath(import.meta.url));

interface Expected {
  readonly version: number;
  readonly littleEndian: boolean;
  readonly datatype: string;
  readonly shape: readonly number[];
  readonly affine: readonly number[];
  readonly qcode: number;
  readonly scode: number;
  readonly offset: number;
  /** nibabel's affine is in the file's units, ours in mm. */
  readonly units: number;
  /** Non-finite values as text. */
  readonly voxels: readonly (number | string)[];
}

describeWithNibabel('reading beside nibabel', () => {
  const folder = temporaryFolder();
  let expected: [string, Expected][] = [];
  beforeAll(() => {
    execFileSync(PYTHON, [join(HERE, 'variants.py'), folder]);
    const text = readFileSync(join(folder, 'expected.json'), 'utf8');
    expected = Object.entries(JSON.parse(text) as Record<string, Expected>);
  });

  test('every datatype, byte order, version, scaling, transform, extension and gzip form gives the same volume', async () => {
    expect(expected.length).toBeGreaterThan(200);
    for (const [name, theirs] of expected) {
      const image = await readNifti(join(folder, name));
      expect({ name, ...summary(image) }).toEqual({
        name,
        version: theirs.version,
        littleEndian: theirs.littleEndian,
        datatype: theirs.datatype,
        shape: theirs.shape,
        qcode: theirs.qcode,
        scode: theirs.scode,
        offset: theirs.offset,
        units: theirs.units,
      });
      const millimetres = { 1: 1000, 3: 0.001 }[theirs.units & 7] ?? 1;
      const affine = theirs.affine.map((value, n) => (n < 12 ? value * millimetres : value));
      expect(worstDifference(image.geometry.affine, affine), `affine of ${name}`).toBeLessThan(1e-5 * millimetres);
      expectVoxels(name, image, theirs.voxels);
    }
  });

  test('the header from the first bytes is the header of the whole file', async () => {
    for (const [name] of expected) {
      const whole = readFileSync(join(folder, name));
      const { header } = await readNifti(join(folder, name));
      expect(await readNiftiHeader(whole.subarray(0, 65_536), { fileName: name })).toEqual(header);
    }
  });

  test('a stream in pieces of any size gives what the file gives', async () => {
    for (const name of ['int16-be-v1-scaled.nii', 'uint64-be-v2.nii', 'members.nii.gz', 'extensions-be-v2.nii']) {
      const whole = await readNifti(join(folder, name));
      for (const highWaterMark of [1, 3, 7, 64]) {
        const pieces = await readNifti(createReadStream(join(folder, name), { highWaterMark }));
        expect(pieces).toEqual(whole);
      }
    }
  });
});

describeWithNibabel('real files beside nibabel', () => {
  // Files that the packages of nifti-reader-js and nibabel bring along, odd ones included.
  const folders = [
    join(HERE, '../../../../node_modules/nifti-reader-js-samples/tests/data'),
    '/usr/lib/python3/dist-packages/nibabel/tests/data',
  ];

  const script = `
import sys, json, warnings, nibabel as nib, numpy as np
warnings.simplefilter('ignore')
out = {}
for path in json.loads(sys.argv[1]):
    try:
        image = nib.load(path)
        values = image.get_fdata()
        finite = np.isfinite(values)
        values = np.where(finite, values, values[finite].min())
        out[path] = dict(shape=list(image.shape), affine=image.affine.flatten().tolist(),
                         sum=float(values.sum()), max=float(values.max()), min=float(values.min()))
    except Exception as error:
        out[path] = dict(error=str(error))
print(json.dumps(out))`;

  interface Facts {
    readonly shape: readonly number[];
    readonly affine: readonly number[];
    readonly sum: number;
    readonly max: number;
    readonly min: number;
    readonly error?: string;
  }

  /** Compares every file with nibabel's reading and returns how many were volumes; the others must be refused. */
  async function compareAll(paths: readonly string[]): Promise<number> {
    const theirs = runPython(script, paths) as Record<string, Facts>;
    let volumes = 0;
    for (const path of paths) {
      const facts = theirs[path];
      if (facts === undefined || facts.error !== undefined || facts.shape.slice(3).some((n) => n > 1)) {
        await expect(readNifti(path), path).rejects.toSatisfy((error) =>
          isProblem(error, 'volume-not-3d', 'nifti-not-nifti', 'nifti-header-invalid'),
        );
        continue;
      }
      const image = await readNifti(path);
      expect(image.geometry.shape, path).toEqual(facts.shape.slice(0, 3));
      expect(worstDifference(image.geometry.affine, facts.affine), path).toBeLessThan(1e-5);
      let sum = 0;
      let max = -Infinity;
      let min = Infinity;
      for (let n = 0; n < image.data.length; n += 1) {
        const value = image.data[n] ?? NaN;
        sum += value;
        if (value > max) max = value;
        if (value < min) min = value;
      }
      const round = image.data instanceof Float32Array ? Math.fround : (value: number): number => value;
      expect([max, min], path).toEqual([round(facts.max), round(facts.min)]);
      expect(sum / facts.sum, path).toBeCloseTo(1, 6);
      volumes += 1;
    }
    return volumes;
  }

  test('3D files are the same volume, and 4D files are refused', async () => {
    const paths = folders
      .filter(existsSync)
      .flatMap((folder) => readdirSync(folder).map((name) => join(folder, name)))
      .filter((path) => /\.nii(\.gz)?$/.test(path));
    expect(paths.length).toBeGreaterThan(8);
    expect(await compareAll(paths)).toBeGreaterThanOrEqual(7);
  });

  const data = process.env['PARSE3D_TEST_DATA'];
  const title = 'CT, MR and label maps of the test data are the same volume';
  test.skipIf(data === undefined)(
    data === undefined ? `${title} [skipped: PARSE3D_TEST_DATA is not set]` : title,
    async () => {
      const paths = [
        'ct_totalseg/example_ct_sm.nii.gz',
        'ct_totalseg/example_mr_sm.nii.gz',
        'ct_totalseg/example_seg.nii.gz',
        't1_brain/t1_crop.nii.gz',
      ].map((name) => join(data ?? '', name));
      expect(await compareAll(paths)).toBe(paths.length);
    },
  );
});

describe('without a file', () => {
  test('a path that leads nowhere, or to a folder, is a missing volume', async () => {
    for (const path of [join(HERE, 'nothing.nii'), HERE]) {
      await expect(readNifti(path)).rejects.toSatisfy((error) => isProblem(error, 'volume-missing'));
    }
  });
});

function summary(image: NiftiImage): Record<string, unknown> {
  const { header } = image;
  return {
    version: header.version,
    littleEndian: header.littleEndian,
    datatype: header.datatype,
    shape: [...header.geometry.shape, ...Array.from({ length: header.space.trailingAxes }, () => 1)],
    qcode: header.space.qform.code,
    scode: header.space.sform.code,
    offset: header.voxelOffset,
    units: header.space.xyztUnits,
  };
}

function worstDifference(a: readonly number[], b: readonly number[]): number {
  return Math.max(...a.map((value, n) => Math.abs(value - (b[n] ?? NaN))));
}

function expectVoxels(name: string, image: NiftiImage, voxels: readonly (number | string)[]): void {
  const finite = voxels.filter((value) => typeof value === 'number');
  const least = finite.length === 0 ? 0 : Math.min(...finite);
  const round = image.data instanceof Float32Array ? Math.fround : (value: number): number => value;
  const expected = voxels.map((value) => round(typeof value === 'number' ? value : least));
  expect({ name, voxels: [...image.data] }).toEqual({ name, voxels: expected });
  expect(image.nonFiniteVoxels, name).toBe(voxels.length - finite.length);
}
