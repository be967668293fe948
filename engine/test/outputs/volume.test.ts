import { execFileSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { OutputOptions } from '@parse3d/contract';
import { readNifti, writeNifti } from '@parse3d/volume/formats';
import { asAffine, makeGeometry } from '@parse3d/volume/geometry';
import { afterEach, expect, test } from 'vitest';
import { densityPack } from '../density-pack.js';
import { segment } from '../../src/segment.js';
import {
  describeWithDicomTools,
  identifiers,
  realHead,
  runScript,
  writeSeries,
  type SeriesSpec,
} from '../../../test/support/dicom.js';
import { describeWithPython, PYTHON, runPython } from '../../../test/support/python.js';
import { Bench, prompts } from '../engines/support.js';

const bench = new Bench();
afterEach(() => bench.close());

/** Segments the volume and returns where `volume.nii.gz` and `labels.nii.gz` lie. */
async function volumeOf(
  inputPath: string,
  wanted = true,
): Promise<{ volume: string; labels: string; names: string[] }> {
  const { path: outputFolder } = await bench.folder();
  const { outputs } = await segment(
    {
      inputPath,
      outputFolder,
      prompts: prompts('bone'),
      modality: 'ct',
      options: { seed: 0 },
      outputs: OutputOptions.parse(wanted ? { preview: false, volume: true } : { preview: false }),
      limits: { maxVoxels: 1e7 },
    },
    await bench.open(await densityPack(bench)),
    () => undefined,
    new AbortController().signal,
  );
  const names = outputs.map(({ name }) => name);
  return { volume: join(outputFolder, 'volume.nii.gz'), labels: join(outputFolder, 'labels.nii.gz'), names };
}

/** Both files place every voxel alike, to the bit of their headers. */
async function expectOneGrid({ volume, labels }: { volume: string; labels: string }): Promise<void> {
  const [one, other] = [await readNifti(volume), await readNifti(labels)];
  expect(one.geometry).toEqual(other.geometry);
  expect(one.header.space).toEqual(other.header.space);
}

describeWithDicomTools('the volume of a DICOM series', () => {
  const series: readonly SeriesSpec[] = [
    { folder: 'ct', plane: 'axial', modality: 'CT', kind: 'uint12' },
    { folder: 'reverse', plane: 'sagittal', kind: 'int16', reverse: true },
    { folder: 'oblique', plane: 'coronal', rotate: [20, -13, 7], spacing: 1.7 },
    { folder: 'slopes', plane: 'axial', kind: 'pet' },
    { folder: 'bytes', plane: 'axial', kind: 'uint8' },
  ];
  const datatypes = ['int16', 'int16', 'uint16', 'float32', 'uint8'];

  test('is what dcm2niix makes of it, on the grid of the label map, and names nobody', async () => {
    const { path: root } = await bench.folder();
    writeSeries(root, series);
    const written: Awaited<ReturnType<typeof volumeOf>>[] = [];
    for (const { folder } of series) written.push(await volumeOf(join(root, folder)));
    const cases = series.map(({ folder }, n) => ({ series: join(root, folder), ours: written[n]?.volume }));
    const compared = runScript('compare_dcm2niix.py', { work: join(root, 'theirs'), cases });
    if (!Array.isArray(compared)) throw new Error('expected a list');
    for (const [n, { folder }] of series.entries()) {
      const { sameShape, affine, voxels, different } = compared[n];
      expect({ folder, sameShape }).toEqual({ folder, sameShape: true });
      expect(affine, `affine of ${folder}`).toBeLessThan(1e-4);
      // Slopes are applied in float32 by both, in another order.
      expect(voxels, `voxels of ${folder}`).toBeLessThanOrEqual(folder === 'slopes' ? 1e-3 : 0);
      expect(different, `values of ${folder}`).toBeGreaterThan(50);
    }
    for (const [n, files] of written.entries()) {
      expect((await readNifti(files.volume)).header.datatype).toBe(datatypes[n]);
      await expectOneGrid(files);
      const bytes = gunzipSync(await readFile(files.volume)).toString('latin1');
      for (const identifier of identifiers) expect(bytes).not.toContain(identifier);
    }
  });
});

test('a NIfTI volume is copied clean: stored numbers, scaling and place as they were, no text and no extension', async () => {
  const { path: root } = await bench.folder();
  const geometry = makeGeometry([12, 10, 8], asAffine([-2, 0, 0, 90, 0, 2.5, 0, -126, 0, 0, 3, -72, 0, 0, 0, 1]));
  const scaling = { slope: 0.1, intercept: -1000 };
  const values = Float64Array.from({ length: 960 }, (_, n) => (n * 68 - 32_760) * 0.1 - 1000);
  const plain = join(root, 'plain.nii');
  await writeNifti(plain, { geometry, datatype: 'int16', scaling }, values);
  const input = join(root, 'input.nii');
  await writeFile(input, withTexts(await readFile(plain)));

  const files = await volumeOf(input);
  expect(files.names).toContain('volume.nii.gz');
  await expectOneGrid(files);
  // Nothing but the voxels and the place is left: it is the file that never had any text.
  expect(gunzipSync(await readFile(files.volume)).equals(await readFile(plain))).toBe(true);
});

test('it is written only when it is asked for', async () => {
  const { names } = await volumeOf(realHead, false);
  expect(names).toEqual(['labels.nii.gz', 'labels.json', 'labels.txt', 'findings.csv']);
});

/** Puts a name into `descrip`, `aux_file` and an extension of 32 bytes. */
function withTexts(nifti: Buffer): Buffer {
  const head = Buffer.from(nifti.subarray(0, 352));
  head.write('Secret^Name', 148, 'latin1');
  head.write('Secret', 228, 'latin1');
  head.writeFloatLE(384, 108);
  head[348] = 1;
  const extension = Buffer.alloc(32);
  extension.writeInt32LE(32, 0);
  extension.writeInt32LE(6, 4);
  extension.write('Secret^Name', 8, 'latin1');
  return Buffer.concat([head, extension, nifti.subarray(352)]);
}

/** Writes `.npz` files of several types, or compares what came of them with what they hold. */
const NPZ = `
import json, sys
import nibabel, numpy as np
folder, ours = json.loads(sys.argv[1])
z, y, x = np.mgrid[:6, :10, :14]
ramp = x + 14 * y + 140 * z
arrays = {
    "int16": (ramp - 400).astype("int16"), "int64": (ramp - 400).astype("int64"), "uint64": (ramp + 4_000_000_000).astype("uint64"),
    "large": ramp.astype("int64") * 2**40, "half": (ramp / 8).astype("float16"), "double": ramp / 7,
}
if ours is None:
    for name, array in arrays.items():
        np.savez_compressed(f"{folder}/{name}.npz", imgs=array, spacing=np.array([0.5, 0.75, 2.5]))
    print(json.dumps(list(arrays)))
else:
    found = {}
    for name, path in ours.items():
        image = nibabel.load(path)
        same = np.array_equal(np.asanyarray(image.dataobj).transpose(2, 1, 0), arrays[name])
        found[name] = [same, str(image.get_data_dtype()), np.diag(image.affine).tolist()]
    print(json.dumps(found))
`;

describeWithPython(['nibabel', 'numpy'], 'the volume of an .npz file', () => {
  test('holds every value of the array, as integers where they are', async () => {
    const { path: root } = await bench.folder();
    execFileSync(PYTHON, ['-c', NPZ, JSON.stringify([root, null])]);
    const written: Record<string, string> = {};
    for (const name of ['int16', 'int64', 'uint64', 'large', 'half', 'double']) {
      const files = await volumeOf(join(root, `${name}.npz`));
      await expectOneGrid(files);
      written[name] = files.volume;
    }
    const place = [-0.5, -0.75, 2.5, 1];
    expect(runPython(['-c', NPZ], [root, written])).toEqual({
      int16: [true, 'int16', place],
      int64: [true, 'int32', place],
      uint64: [true, 'uint32', place],
      large: [true, 'float64', place],
      half: [true, 'float32', place],
      double: [true, 'float64', place],
    });
  });
});
