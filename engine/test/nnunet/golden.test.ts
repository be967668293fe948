import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { Pack } from '@parse3d/contract';
import { readNifti } from '@parse3d/volume/formats';
import { openSession } from '../../src/engines/onnx.js';
import { prepareForLogits, restoredLogits } from '../../src/engines/nnunet/index.js';
import { loadPack } from '../../src/packs/index.js';
import { Bench, infer } from '../engines/support.js';

/** Packs, phantoms and what nnunetv2's own predictor made of them: written by tools/export_nnunet/golden.py. */
const GOLDEN = join(import.meta.dirname, 'golden');
const CASES = ['isotropic', 'anisotropic', 'flat', 'regions', 'mirrored', 'folds', 'residual'];

interface Golden {
  readonly phantom: string;
  /** Cropped and transposed array of nnU-Net, slowest axis first. */
  readonly shape: readonly [number, number, number];
  readonly voxels: readonly (readonly [number, number, number])[];
  readonly logits: readonly (readonly number[])[];
}

const bench = new Bench();
afterAll(() => bench.close());

type LabelMapPack = Extract<Pack, { kind: 'label-map' }>;

async function open(name: string) {
  const loaded = await loadPack(join(GOLDEN, `nnunet-${name}`));
  if (loaded.pack.kind !== 'label-map') throw new TypeError(`${name} is of another kind`);
  const golden: Golden = JSON.parse(await readFile(join(GOLDEN, `${name}.json`), 'utf8'));
  const image = await readNifti(join(GOLDEN, golden.phantom));
  return { loaded, pack: loaded.pack, golden, image };
}

async function logitsOf(
  pack: LabelMapPack,
  file: (name: string) => string,
  image: Awaited<ReturnType<typeof readNifti>>,
) {
  const prepared = prepareForLogits(image, pack.model, 'ct');
  const names = [pack.model.graph, ...(pack.model.folds ?? [])];
  const sessions = await Promise.all(names.map((name) => openSession(file(name), { device: 'cpu', threads: 1 })));
  const planes: Float32Array[] = [];
  const { signal } = new AbortController();
  const run = { sessions, onWindow: () => undefined, signal };
  await restoredLogits(prepared, pack.model, run, (logits) => planes.push(logits.slice()));
  await Promise.all(sessions.map((session) => session.close()));
  return { shape: prepared.grid.shape, planes };
}

describe.each(CASES)('a model of nnU-Net v2, %s', (name) => {
  it('gives the logits of nnunetv2 within 0.001', async () => {
    const { loaded, pack, golden, image } = await open(name);
    const { shape, planes } = await logitsOf(pack, loaded.file, image);
    expect([...shape].reverse()).toEqual(golden.shape);
    const plane = shape[0] * shape[1];
    const errors = golden.voxels.flatMap(([k, j, i], n) =>
      (golden.logits[n] ?? []).map((logit, channel) =>
        Math.abs(logit - (planes[k]?.[channel * plane + j * shape[0] + i] ?? NaN)),
      ),
    );
    expect(errors.length).toBeGreaterThan(400);
    expect(errors.filter((error) => error > 1e-3)).toEqual([]);
  });

  it('gives the labels of nnunetv2', async () => {
    const { pack, image } = await open(name);
    const expected = await readNifti(join(GOLDEN, `${name}-labels.nii.gz`));
    const engine = await bench.open(join(GOLDEN, `nnunet-${name}`));
    const names = pack.model.classes.map((one) => (one.side === undefined ? one.name : `${one.side} ${one.name}`));
    const found = await infer(engine, image, names, { modality: 'ct' });
    const wanted = Array.from(expected.data);
    const different = wanted.filter((label, n) => found.labels.data[n] !== label).length;
    expect(new Set(wanted).size).toBe(4);
    expect(different / wanted.length).toBeLessThanOrEqual(1e-5);
  });
});
