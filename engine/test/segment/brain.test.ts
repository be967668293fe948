import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readNifti, type NiftiImage } from '@parse3d/volume/formats';
import { allAxisCodes, cropPad, orientationOf, reorient, type Volume } from '@parse3d/volume/geometry';
import { prepare } from '../../src/engines/prepare.js';
import { importMeshnet } from '../../src/packs/index.js';
import type { Engine, Found } from '../../src/types.js';
import { Bench, infer } from '../engines/support.js';

const data = process.env['PARSE3D_TEST_DATA'];
const why = data === undefined ? ' [skipped: PARSE3D_TEST_DATA is not set]' : '';
const NAMES = ['hippocampus', 'thalamus', 'cerebral white matter'];
/** Channels of these classes in the reference label map. */
const CHANNELS = [14, 7, 1];

describe.skipIf(data === undefined)(`a real head and a trained MeshNet${why}`, () => {
  const bench = new Bench();
  let engine: Engine;
  let head: NiftiImage;

  beforeAll(async () => {
    const folder = data ?? '';
    const model = join(folder, 'meshnet/model18cls');
    const { path } = await bench.folder();
    const out = join(path, 'meshnet18');
    await importMeshnet({ modelJson: join(model, 'model.json'), labels: join(model, 'colormap.json'), out });
    engine = await bench.open(out, 2);
    head = await readNifti(join(folder, 't1_brain/t1_crop.nii.gz'));
  });
  afterAll(() => bench.close());

  it('give the reference label map, voxel by voxel', { timeout: 900_000 }, async () => {
    const golden = join(data ?? '', '../golden/t1_crop_meshnet18_labels.nii.gz');
    expect(existsSync(golden)).toBe(true);
    const reference = await readNifti(golden);
    const found = await infer(engine, head, NAMES);
    expect(found.labels.geometry.affine).toEqual(reference.geometry.affine);
    for (const [n, channel] of CHANNELS.entries()) expectSameMask(found, n, reference, channel);
    const expected = (value: number): number => CHANNELS.indexOf(value) + 1;
    let same = 0;
    found.labels.data.forEach((label, n) => {
      if (label === expected(reference.data[n] ?? 0)) same++;
    });
    expect(same / found.labels.data.length).toBeGreaterThanOrEqual(0.999);
  });

  it(
    'reach the model as the same tensor from all 48 axis orders, and labels go back to the same place',
    { timeout: 300_000 },
    () => {
      const { pack } = engine.pack;
      if (pack.kind !== 'label-map') throw new Error('expected a label map');
      const part = cropPad(head, [131, 120, 109]).volume;
      const expected = bytesOf(prepare(part, pack.model, 'mr').volume.data);
      for (const codes of allAxisCodes()) {
        const turned = reorient(part, codes);
        const prepared = prepare(turned.volume, pack.model, 'mr');
        expect(Buffer.compare(bytesOf(prepared.volume.data), expected), codes).toBe(0);
        // Voxels stand in for labels: each must return to where it came from.
        const labels = prepared.undo.labels(Uint8Array.from(prepared.volume.data, (value) => Math.round(value * 255)));
        const back = prepare({ data: labels, geometry: turned.volume.geometry }, pack.model, 'mr');
        expect(Buffer.compare(bytesOf(back.volume.data), expected), codes).toBe(0);
      }
    },
  );

  it('give the same world mask in any axis order', { timeout: 300_000 }, async () => {
    // The middle of the head; a whole head in many orders would take an hour.
    const part = cropPad(head, [96, 96, 96]).volume;
    const inOrder = async (volume: Volume): Promise<Found> => infer(engine, { ...head, ...volume }, NAMES);
    const first = await inOrder(part);
    expect(first.findings.map(({ verdict }) => verdict)).toEqual(['present', 'present', 'present']);
    for (const codes of ['RAS', 'SLP']) {
      const found = await inOrder(reorient(part, codes).volume);
      const back = reorient(found.labels, orientationOf(part.geometry.affine)).volume;
      expect(
        back.data.every((label, n) => label === first.labels.data[n]),
        codes,
      ).toBe(true);
    }
  });
});

function bytesOf(data: Float32Array): Buffer {
  return Buffer.from(data.buffer, data.byteOffset, data.byteLength);
}

/** At least 99.9 % of the voxels that either mask has are in both. */
function expectSameMask(found: Found, prompt: number, reference: Volume, channel: number): void {
  const mask = found.mask(prompt);
  let [both, either] = [0, 0];
  mask.forEach((inside, n) => {
    const expected = reference.data[n] === channel;
    if (inside === 1 || expected) either++;
    if (inside === 1 && expected) both++;
  });
  expect(either).toBeGreaterThan(1000);
  expect(both / either).toBeGreaterThanOrEqual(0.999);
}
