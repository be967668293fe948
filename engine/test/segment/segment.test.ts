import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import { densityPack } from '../density-pack.js';
import { OutputOptions } from '@parse3d/contract';
import { writeNifti } from '@parse3d/volume/formats';
import { makeGeometry, type Affine, type Shape } from '@parse3d/volume/geometry';
import { describeWithPython, PYTHON } from '../../../test/support/python.js';
import { segment } from '../../src/segment.js';
import type { SegmentRequest, SegmentResult } from '../../src/types.js';
import { Bench, prompts } from '../engines/support.js';

const bench = new Bench();
afterEach(() => bench.close());
const run = promisify(execFile);

/** An oblique grid. */
const affine: Affine = [-0.9, 0.1, 0, 40, 0.1, 0.9, 0.2, -30, 0, -0.2, 2.4, 7, 0, 0, 0, 1];
const shape: Shape = [24, 20, 10];

/** A body of water with fat under the skin, a lung, and a bone, in air; Hounsfield units. */
function body(): Int16Array {
  return Int16Array.from({ length: 24 * 20 * 10 }, (_, n) => {
    const [i, j] = [n % 24, Math.floor(n / 24) % 20];
    if (i < 3 || i >= 21 || j < 3 || j >= 17) return -1000;
    if (i < 5 || i >= 19 || j < 5 || j >= 15) return -100;
    if (i >= 7 && i < 10 && j >= 8 && j < 12) return -700;
    if (i >= 14 && i < 16 && j >= 9 && j < 11) return 900;
    return 40;
  });
}

async function segmentBody(more: Partial<SegmentRequest> = {}, signal = new AbortController().signal) {
  const { path: folder } = await bench.folder();
  const inputPath = join(folder, 'ct.nii.gz');
  await writeNifti(inputPath, { geometry: makeGeometry(shape, affine), datatype: 'int16' }, body());
  const { path: outputFolder } = await bench.folder();
  const engine = await bench.open(await densityPack(bench));
  const result = await segment(
    {
      inputPath,
      outputFolder,
      prompts: prompts('bone', 'lung in chest CT', 'fat'),
      modality: 'ct',
      options: { seed: 0 },
      outputs: OutputOptions.parse({}),
      limits: { maxVoxels: 1e6 },
      ...more,
    },
    engine,
    () => undefined,
    signal,
  );
  return { result, inputPath, outputFolder };
}

/** What nibabel reads: the oracle for everything about a file but its voxels. */
async function nibabel(path: string, reference: string): Promise<Record<string, unknown>> {
  const script = `
import json, sys, numpy as np, nibabel as nib
image, reference = nib.load(sys.argv[1]), nib.load(sys.argv[2])
data = np.asanyarray(image.dataobj)
print(json.dumps({
  "affine": bool(np.array_equal(image.affine, reference.affine)),
  "shape": list(image.shape), "dtype": str(image.get_data_dtype()), "intent": image.header.get_intent()[0],
  "codes": [int(image.header["sform_code"]), int(image.header["qform_code"])],
  "expected_codes": [int(reference.header["sform_code"]), int(reference.header["qform_code"])],
  "values": sorted(set(np.round(data.ravel(), 6).tolist()))[:5], "max": float(data.max()),
  "ones": int((data == 1).sum()),
}))`;
  const { stdout } = await run(PYTHON, ['-c', script, path, reference]);
  return JSON.parse(stdout) as Record<string, unknown>;
}

const voxelsOf = (result: SegmentResult): number[] => result.findings.map(({ voxels }) => voxels);

describe('segmenting a volume', () => {
  it('finds each prompt, with its volume', async () => {
    const { result } = await segmentBody();
    const [bone, lung] = [2 * 2 * 10, 3 * 4 * 10];
    const fat = (18 * 14 - 14 * 10) * 10;
    expect(voxelsOf(result)).toEqual([bone, lung, fat]);
    const ml = Math.abs(-0.9 * (0.9 * 2.4 + 0.04) - 0.1 * (0.1 * 2.4)) / 1000;
    expect(result.findings[0]?.volumeMl).toBeCloseTo(bone * ml, 6);
    expect(result.geometry.shape).toEqual(shape);
  });

  it('measures each mask, in the manifest and in findings.csv', async () => {
    const { result, outputFolder } = await segmentBody();
    const [bone, lung, fat] = result.findings.map(({ measures }) => measures);
    const hu = (value: number) => ({ mean: value, sd: 0, median: value, p5: value, p95: value, unit: 'HU' });
    expect([bone?.intensity, lung?.intensity, fat?.intensity]).toEqual([hu(900), hu(-700), hu(-100)]);
    expect(bone).toMatchObject({ components: 1, largestComponentShare: 1, centroidVoxel: [14.5, 9.5, 4.5] });
    expect(bone?.boundingBox).toEqual({ min: [14, 9, 0], max: [15, 10, 9] });
    const world = [0, 1, 2].map((row) => {
      const [a = 0, b = 0, c = 0, d = 0] = affine.slice(row * 4);
      return a * 14.5 + b * 9.5 + c * 4.5 + d;
    });
    bone?.centroidMm.forEach((mm, axis) => expect(mm).toBeCloseTo(world[axis] ?? NaN, 5));
    const [titles, ...rows] = (await readFile(join(outputFolder, 'findings.csv'), 'utf8')).trim().split('\n');
    const column = titles?.split(',').indexOf('surface_mm2') ?? -1;
    expect(rows.map((row) => Number(row.split(',')[column]))).toEqual(
      [bone, lung, fat].map((measures) => measures?.surfaceMm2),
    );
    const without = await segmentBody({ outputs: OutputOptions.parse({ findings: false, preview: false }) });
    expect(without.result.findings[0]?.measures).toBeUndefined();
    expect(await readdir(without.outputFolder)).not.toContain('findings.csv');
  });

  describeWithPython(['numpy', 'nibabel'], 'as nibabel reads it', () => {
    it('writes labels that nibabel opens in the input’s own space', async () => {
      const { result, inputPath, outputFolder } = await segmentBody();
      expect((await readdir(outputFolder)).sort()).toEqual([
        'findings.csv',
        'labels.json',
        'labels.nii.gz',
        'labels.txt',
        'preview.png',
      ]);
      const seen = await nibabel(join(outputFolder, 'labels.nii.gz'), inputPath);
      expect(seen).toMatchObject({ affine: true, shape: [...shape], dtype: 'uint8', intent: 'label' });
      expect(seen['codes']).toEqual(seen['expected_codes']);
      expect(seen).toMatchObject({ values: [0, 1, 2, 3], ones: voxelsOf(result)[0] });
    });
  });

  it('tells of each file its size and checksum as they are on disk', async () => {
    const { result } = await segmentBody();
    expect(result.outputs.map(({ name }) => name)).toEqual([
      'labels.nii.gz',
      'labels.json',
      'labels.txt',
      'findings.csv',
      'preview.png',
    ]);
    for (const { path, bytes, sha256 } of result.outputs) {
      const content = await readFile(path);
      expect(content.byteLength).toBe(bytes);
      expect(createHash('sha256').update(content).digest('hex')).toBe(sha256);
    }
  });

  describeWithPython(['numpy', 'nibabel'], 'as nibabel reads it', () => {
    it.each([
      ['uint8', 'uint8', 1 / 255],
      ['float32', 'float32', 1e-6],
    ] as const)('writes a mask and a probability map per prompt (%s)', async (probabilities, dtype, precision) => {
      const outputs = OutputOptions.parse({ labels: false, masks: true, probabilities, preview: false });
      const { result, inputPath, outputFolder } = await segmentBody({ outputs });
      expect((await readdir(outputFolder)).sort()).toEqual(
        ['findings.csv', ...[1, 2, 3].flatMap((n) => [`mask-${n}.nii.gz`, `prob-${n}.nii.gz`])].sort(),
      );
      const mask = await nibabel(join(outputFolder, 'mask-2.nii.gz'), inputPath);
      expect(mask).toMatchObject({ affine: true, dtype: 'uint8', values: [0, 1], ones: voxelsOf(result)[1] });
      const map = await nibabel(join(outputFolder, 'prob-2.nii.gz'), inputPath);
      expect(map).toMatchObject({ affine: true, dtype, intent: 'estimate' });
      expect(Math.abs(Number(map['max']) - (result.findings[1]?.maxProbability ?? NaN))).toBeLessThan(precision);
    });
  });

  it('gives the same bytes for the same input', async () => {
    const checksums = async (): Promise<string[]> => (await segmentBody()).result.outputs.map(({ sha256 }) => sha256);
    expect(await checksums()).toEqual(await checksums());
  });

  it('says how: the graph’s checksum, the time of every stage, the device and the peak of memory', async () => {
    const { result } = await segmentBody();
    const graph = await readFile(join(await densityPack(bench), 'model.onnx'));
    expect(result.graphs).toEqual({ 'model.onnx': createHash('sha256').update(graph).digest('hex') });
    expect(Object.keys(result.timingsMs).sort()).toEqual(['encode', 'infer', 'prepare', 'read', 'restore']);
    expect(result.device).toBe('cpu');
    expect(result.peakMemoryBytes).toBeGreaterThan(10 * 2 ** 20);
  });
});

describe('segmenting is refused', () => {
  it('for a modality that the pack was not made for', async () => {
    await expect(segmentBody({ modality: 'mr' })).rejects.toMatchObject({ code: 'modality-unsupported' });
  });

  it('for a prompt that matches nothing, and nothing is written', async () => {
    const { path: outputFolder } = await bench.folder();
    const asked = segmentBody({ outputFolder, prompts: prompts('bone', 'spleen') });
    await expect(asked).rejects.toMatchObject({ code: 'prompt-unknown' });
    expect(await readdir(outputFolder)).toEqual([]);
  });

  it('for a volume above the limit', async () => {
    await expect(segmentBody({ limits: { maxVoxels: 100 } })).rejects.toMatchObject({ code: 'volume-too-large' });
  });

  it('once it is canceled', async () => {
    await expect(segmentBody({}, AbortSignal.abort())).rejects.toMatchObject({ code: 'canceled' });
  });
});
