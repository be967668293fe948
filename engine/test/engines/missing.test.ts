import { afterEach, describe, expect, it } from 'vitest';
import type { Intensity } from '@parse3d/contract';
import type { NiftiImage } from '@parse3d/volume/formats';
import type { Shape } from '@parse3d/volume/geometry';
import type { Engine, Found } from '../../src/types.js';
import { LPS, TEXTS } from '../promptable-slices/support.js';
import { openTiny } from '../promptable-slices/tiny-pack.js';
import { Bench, infer, phantom, SKEW } from './support.js';

const bench = new Bench();
afterEach(() => bench.close());
const shape: Shape = [26, 22, 9];

/** The phantom with a corner that has no value, of three kinds; and the same with the corner at the smallest value. */
async function images(affine = SKEW): Promise<{ holed: NiftiImage; missing: Uint8Array }> {
  const volume = phantom(shape, affine);
  const inCorner = (n: number): boolean => n % shape[0] < 9 && Math.floor(n / shape[0]) % shape[1] < 11;
  const missing = Uint8Array.from(volume.data, (_, n) => (inCorner(n) ? 1 : 0));
  const holes = [NaN, Infinity, -Infinity];
  const data = volume.data.map((value, n) => (missing[n] === 1 ? (holes[n % 3] ?? NaN) : value));
  return { holed: await bench.image({ ...volume, data }), missing };
}

/** No output says anything of a voxel without a value, and all agree with each other. */
function expectNothingMissing(found: Found, missing: Uint8Array, prompts: number): void {
  for (let prompt = 0; prompt < prompts; prompt += 1) {
    const mask = found.mask(prompt);
    const map = found.probabilities?.(prompt) ?? new Float32Array();
    expect(mask.filter((_, n) => missing[n] === 1).every((value) => value === 0)).toBe(true);
    expect(map.filter((_, n) => missing[n] === 1).every((value) => value === 0)).toBe(true);
    const voxels = mask.reduce((sum, value) => sum + value, 0);
    expect(found.findings[prompt]).toMatchObject({ voxels, verdict: voxels > 0 ? 'present' : 'absent' });
  }
  expect(found.labels.data.filter((_, n) => missing[n] === 1).every((value) => value === 0)).toBe(true);
  expect(found.labels.data.some((value) => value > 0)).toBe(true);
}

const engines: [string, () => Promise<Engine>, string[], typeof SKEW][] = [
  ['a label map', () => bench.engine(), ['left hippocampus', 'thalamus', 'liver'], SKEW],
  [
    'a label map at another spacing',
    () => bench.engine({ conform: { spacingMm: [1.9, 1.4, 1.1], orientation: 'LPI' } }),
    ['brain', 'liver'],
    SKEW,
  ],
  ['slices', () => openTiny(bench), TEXTS, LPS],
  ['resampled slices', () => openTiny(bench, { model: { spacingMm: [1.4, 1.4, 2], fit: 'pad-crop' } }), TEXTS, LPS],
];

describe('voxels without a value', () => {
  it.each(engines)('are nothing in any output of %s', async (_, open, texts, affine) => {
    const engine = await open();
    const { holed, missing } = await images(affine);
    expect(holed.nonFiniteVoxels).toBe(missing.reduce((sum, value) => sum + value, 0));
    const found = await infer(engine, holed, texts, { wantProbabilities: true });
    expectNothingMissing(found, missing, texts.length);
    await found.close?.();
    // Masks that nobody asks for are counted all the same.
    const bare = await infer(engine, holed, texts, { wantMasks: false });
    expect(bare.findings.map(({ voxels }) => voxels)).toEqual(found.findings.map(({ voxels }) => voxels));
    await bare.close?.();
  });

  it.each<Intensity>([
    { kind: 'percentile', low: 2, high: 98, of: 'all', range: [0, 1] },
    { kind: 'min-max', range: [0, 1] },
    { kind: 'z-score', of: 'all' },
  ])('take no part in measuring by $kind', async (intensity) => {
    const engine = await bench.engine({ intensity });
    const { holed, missing } = await images();
    const present = phantom(shape).data.filter((_, n) => missing[n] === 0);
    const alone = await bench.image({
      data: present,
      geometry: { ...holed.geometry, shape: [present.length, 1, 1] },
    });
    const sentence = async (image: NiftiImage): Promise<string> =>
      (await infer(engine, image, ['liver'])).preparation.find((told) => told.startsWith('intensities')) ?? '';
    expect(await sentence(holed)).toBe(await sentence(alone));
    expect(await sentence(holed)).not.toBe('');
  });
});
