import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { beforeAll, describe, expect, test } from 'vitest';
import { openNiftiWriter, readNifti, writeNifti, type NiftiWriteSpec } from '../../src/formats/index.js';
import { makeGeometry, type Affine } from '../../src/geometry/index.js';
import { isProblem } from '@parse3d/contract/problems';
import { describeWithNibabel, PYTHON, runPython } from './python.js';
import { temporaryFolder } from './temporary.js';

const HERE = dirname(fileURLToPath(import.meta.url));
const AFFINE: Affine = [-1.5, 0.2, 0, 40.25, 0.3, 2, 0.1, -7.5, 0, -0.2, 3, 11, 0, 0, 0, 1];
const GEOMETRY = makeGeometry([7, 6, 5], AFFINE);

const ramp = Float32Array.from({ length: 210 }, (_, n) => n / 209);
const labels = Uint16Array.from({ length: 210 }, (_, n) => n * 311);

describeWithNibabel('writing beside nibabel', () => {
  const folder = temporaryFolder();
  beforeAll(() => execFileSync(PYTHON, [join(HERE, 'variants.py'), folder]));

  test('an output has the space of its input to the bit, and none of its text', async () => {
    const pairs: [string, string][] = [];
    for (const name of readdirSync(folder).filter((file) => /\.nii(\.gz)?$/.test(file))) {
      const input = join(folder, name);
      const { geometry, header, data } = await readNifti(input);
      const output = `${input}.out.nii.gz`;
      const voxels = Uint8Array.from({ length: data.length }, (_, n) => n % 7);
      await writeNifti(output, { geometry, space: header.space, datatype: 'uint8', intent: 'label' }, voxels);
      pairs.push([input, output]);
    }
    const script = `
import sys, json, warnings, numpy as np, nibabel as nib
warnings.simplefilter('ignore')
nib.imageglobals.logger.setLevel(100)
wrong, texts = [], set()
for a, b in json.loads(sys.argv[1]):
    a, b = nib.load(a), nib.load(b)
    checks = dict(
        type=type(a) is type(b), shape=a.shape == b.shape, affine=np.array_equal(a.affine, b.affine),
        sform=np.array_equal(a.get_sform(), b.get_sform()), zooms=np.array_equal(a.header.get_zooms()[:3], b.header.get_zooms()[:3]),
        codes=all(a.header[f] == b.header[f] for f in ('sform_code', 'qform_code', 'xyzt_units')),
        quatern=all(np.array_equal(a.header[f], b.header[f]) for f in ('quatern_b', 'quatern_c', 'quatern_d', 'qoffset_x', 'qoffset_y', 'qoffset_z')),
        qfac=a.header['pixdim'][0] == b.header['pixdim'][0], extensions=len(b.header.extensions) == 0,
        intent=b.header['intent_code'] == 1002, values=np.array_equal(np.asarray(b.dataobj).flatten(order='F'), np.arange(b.dataobj.shape and np.prod(b.shape)) % 7))
    wrong += [(a.get_filename(), key) for key, good in checks.items() if not good]
    texts |= {str(b.header[f].item()) for f in ('descrip', 'aux_file', 'intent_name')}
print(json.dumps([wrong, sorted(texts)]))`;
    expect(pairs.length).toBeGreaterThan(200);
    expect(runPython(script, pairs)).toEqual([[], ["b''"]]);
  });

  const specs: [string, Omit<NiftiWriteSpec, 'geometry'>, Float32Array | Uint16Array][] = [
    ['labels.nii.gz', { datatype: 'uint16', intent: 'label' }, labels],
    ['probabilities.nii.gz', { datatype: 'float32', intent: 'estimate', calMax: 1 }, ramp],
    ['quantised.nii.gz', { datatype: 'uint8', intent: 'estimate', scaling: { slope: 1 / 255, intercept: 0 } }, ramp],
    ['shifted.nii', { datatype: 'int16', scaling: { slope: 0.25, intercept: -100 } }, ramp],
    ['double.nii', { datatype: 'float64', scaling: { slope: 0.25, intercept: -100 } }, ramp],
    ['int32.nii', { datatype: 'int32' }, labels],
  ];

  test('values, affine and display range arrive, for every way of storing them', async () => {
    const facts = runPython(
      `
import sys, json, numpy as np, nibabel as nib
out = []
for path in json.loads(sys.argv[1]):
    i = nib.load(path)
    out.append([i.affine.flatten().tolist(), i.get_fdata().flatten(order='F').tolist(), float(i.header['cal_max']),
                int(i.header['intent_code']), i.header.get_xyzt_units()[0], i.get_data_dtype().name])
print(json.dumps(out))`,
      await Promise.all(
        specs.map(async ([name, spec, voxels]) => {
          await writeNifti(join(folder, name), { geometry: GEOMETRY, ...spec }, voxels);
          return join(folder, name);
        }),
      ),
    ) as [number[], number[], number, number, string, string][];
    specs.forEach(([, spec, voxels], at) => {
      const [affine, values, calMax, intent, unit, datatype] = facts[at] ?? [[], [], 0, 0, '', ''];
      affine.forEach((value, n) => expect(value).toBe(Math.fround(AFFINE[n] ?? NaN)));
      const step = spec.scaling !== undefined && spec.datatype !== 'float64' ? spec.scaling.slope / 2 : 0;
      values.forEach((value, n) => expect(Math.abs(value - (voxels[n] ?? NaN))).toBeLessThanOrEqual(step + 1e-6));
      expect([calMax, intent, unit, datatype]).toEqual([
        spec.calMax ?? 0,
        { none: 0, label: 1002, estimate: 1001 }[spec.intent ?? 'none'],
        'mm',
        spec.datatype,
      ]);
    });
  });

  test('a size beyond 16 bits makes it NIfTI-2', async () => {
    const geometry = makeGeometry([40_000, 1, 1], [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]);
    const path = join(folder, 'long.nii.gz');
    await writeNifti(path, { geometry, datatype: 'uint8' }, new Uint8Array(40_000).fill(3));
    const script = `
import sys, json, nibabel as nib
i = nib.load(json.loads(sys.argv[1]))
print(json.dumps([type(i).__name__, list(i.shape), float(i.get_fdata().sum())]))`;
    expect(runPython(script, path)).toEqual(['Nifti2Image', [40_000, 1, 1], 120_000]);
    expect((await readNifti(path)).geometry).toEqual(geometry);
  });
});

describe('writing', () => {
  const folder = temporaryFolder();
  const spec: NiftiWriteSpec = { geometry: GEOMETRY, datatype: 'uint16', intent: 'label' };

  test('pieces of any length, and a second run, give the same file; the checksum is that of the file', async () => {
    const whole = await writeNifti(join(folder, 'whole.nii.gz'), spec, labels);
    const pieces = [labels.subarray(0, 1), labels.subarray(1, 100), new Uint16Array(0), labels.subarray(100)];
    for (const name of ['pieces.nii.gz', 'again.nii.gz']) {
      const written = await writeNifti(join(folder, name), spec, pieces);
      expect(written).toEqual(whole);
      const bytes = readFileSync(join(folder, name));
      expect(written.bytes).toBe(bytes.length);
      expect(written.sha256).toBe(createHash('sha256').update(bytes).digest('hex'));
    }
    const plain = await writeNifti(join(folder, 'whole.nii'), spec, labels);
    expect(plain.bytes).toBe(352 + 420);
    expect(gunzipSync(readFileSync(join(folder, 'whole.nii.gz')))).toEqual(readFileSync(join(folder, 'whole.nii')));
    expect((await readNifti(join(folder, 'whole.nii'))).data).toEqual(labels);
  });

  test('a piece may be reused as soon as it is written', async () => {
    for (const name of ['reused.nii', 'reused.nii.gz']) {
      const writer = await openNiftiWriter(join(folder, name), spec);
      const slice = new Uint16Array(42);
      for (let k = 0; k < 5; k += 1) {
        slice.set(labels.subarray(k * 42, (k + 1) * 42));
        await writer.write(slice);
        slice.fill(9);
      }
      await writer.close();
      expect((await readNifti(join(folder, name))).data).toEqual(labels);
    }
  });

  test('too few or too many voxels leave no file', async () => {
    for (const count of [0, 209, 211]) {
      const path = join(folder, `count-${count}.nii.gz`);
      await expect(writeNifti(path, spec, new Uint16Array(count))).rejects.toThrow(/expected 210 voxels/);
      expect(existsSync(path)).toBe(false);
    }
  });

  test('a value that the datatype cannot hold is an error, not another label', async () => {
    for (const value of [256, -1, 0.5, NaN]) {
      const path = join(folder, 'overflow.nii.gz');
      const voxels = new Float32Array(210).fill(value, 100, 101);
      await expect(writeNifti(path, { ...spec, datatype: 'uint8' }, voxels)).rejects.toThrow(`the value ${value}`);
      expect(existsSync(path)).toBe(false);
    }
  });

  test('a space that belongs to another volume is refused', async () => {
    await writeNifti(join(folder, 'space.nii'), spec, labels);
    const { header } = await readNifti(join(folder, 'space.nii'));
    const elsewhere = makeGeometry([7, 6, 5], [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]);
    const wrong = { ...spec, geometry: elsewhere, space: header.space };
    await expect(writeNifti(join(folder, 'wrong.nii'), wrong, labels)).rejects.toThrow(/does not place its voxels/);
  });

  test('abandoned, or without a folder to write to, it leaves nothing behind and says why', async () => {
    const writer = await openNiftiWriter(join(folder, 'abandoned.nii.gz'), spec);
    await writer.write(labels.subarray(0, 10));
    await writer.abort();
    await writer.abort();
    expect(existsSync(join(folder, 'abandoned.nii.gz'))).toBe(false);
    const nowhere = writeNifti(join(folder, 'no-such-folder', 'x.nii.gz'), spec, labels);
    await expect(nowhere).rejects.toSatisfy((error) => isProblem(error, 'internal') && /ENOENT/.test(error.message));
    await expect(writeNifti(join(folder, 'x.img'), spec, labels)).rejects.toThrow(/\.nii/);
  });
});
