import { describe, expect, it } from 'vitest';
import {
  allAxisCodes,
  assertModelGrid,
  makeGeometry,
  orientationOf,
  unitGuess,
  voxelToWorld,
  type Geometry,
  type Shape,
} from '@parse3d/volume/geometry';
import { fit, orient, respace } from '../../src/steps/conform.js';
import { undoAll } from '../../src/steps/step.js';
import { fitSlices } from '../../src/engines/promptable-slices/slices/fit.js';
import { phantom } from '../engines/support.js';

const shape: Shape = [11, 8, 6];
const volume = phantom(shape);
const labels = Uint8Array.from(volume.data, (value) => (value > 120 ? 2 : value > 100 ? 1 : 0));

describe('orienting', () => {
  it('comes back bit for bit from all 48 orientations', () => {
    for (const codes of allAxisCodes()) {
      const step = orient(volume, codes);
      expect(orientationOf(step.volume.geometry.affine)).toBe(codes);
      expect(step.undo.values(step.volume.data)).toEqual(volume.data);
      const turned = orient({ data: labels, geometry: volume.geometry }, codes);
      expect(turned.undo.labels(turned.volume.data)).toEqual(labels);
    }
  });

  it('does nothing, and says nothing, when the axes are right', () => {
    const step = orient(volume, 'RAS');
    expect(step.volume).toBe(volume);
    expect(step.sentence).toBeUndefined();
  });

  it('says from where to where', () => {
    expect(orient(volume, 'LIA').sentence).toBe('axes from RAS to LIA');
  });
});

describe('respacing', () => {
  it('gives the spacing that was asked for and keeps the middle in its place', () => {
    const { volume: spaced, sentence } = respace(volume, [1, 1, 1]);
    const middle = ({ shape: [i, j, k], affine }: typeof volume.geometry) =>
      voxelToWorld(affine, [(i - 1) / 2, (j - 1) / 2, (k - 1) / 2]);
    expect(spaced.geometry.spacingMm).toEqual([1, 1, 1]);
    middle(spaced.geometry).forEach((mm, axis) => expect(mm).toBeCloseTo(middle(volume.geometry)[axis] ?? NaN, 9));
    expect(sentence).toBe('resampled from 1.5×2×1.25 mm to 1×1×1 mm');
  });

  it('brings labels back that are still the same, but for voxels on a border', () => {
    // On a finer grid, voted there by the values themselves.
    const finer = respace({ data: Float32Array.from(labels), geometry: volume.geometry }, [0.5, 0.5, 0.5]);
    const fine = Uint8Array.from(finer.volume.data, Math.round);
    const back = finer.undo.labels(fine);
    const same = back.filter((label, n) => label === labels[n]).length;
    expect(back).toHaveLength(labels.length);
    expect(same / labels.length).toBeGreaterThan(0.9);
  });

  it('brings a constant back as it is, up to the edges', () => {
    const step = respace(volume, [1, 1, 1]);
    const back = step.undo.values(new Float32Array(step.volume.data.length).fill(0.75));
    expect(back.every((value) => Math.abs(value - 0.75) < 1e-6)).toBe(true);
  });

  it('leaves spacings alone that differ by less than a thousandth', () => {
    expect(respace(volume, [1.5001, 2, 1.2499]).volume).toBe(volume);
  });
});

describe('a spacing in another unit', () => {
  const at = (mm: number, shape: Shape = [48, 48, 40]): Geometry =>
    makeGeometry(shape, [mm, 0, 0, 0, 0, mm, 0, 0, 0, 0, mm, 0, 0, 0, 0, 1]);

  it('is refused by the size that it leads to, before memory is taken, and says what is probably wrong', () => {
    for (const mm of [35, 3500, 1e9]) {
      const huge = { data: new Uint8Array(48 * 48 * 40), geometry: at(mm) };
      expect(() => respace(huge, [1.5, 1.5, 1.5])).toThrow(expect.objectContaining({ code: 'volume-too-large' }));
    }
    const pack = { model: { conform: { spacingMm: [1.5, 1.5, 1.5] as const, orientation: 'LPI' } } };
    const check = (mm: number, xyztUnits: number, maxVoxels?: number) => (): void =>
      assertModelGrid(at(mm), pack, { xyztUnits, maxVoxels });
    expect(check(3500, 1)).toThrow(
      /48×48×40 voxels has 112000×112000×93334; .* header says metres .* millimetres are probably/,
    );
    expect(check(3500, 2)).toThrow(/probably micrometres/);
    expect(check(35, 2)).toThrow(/are its voxel sizes in millimetres\?/);
    expect(check(3.5, 2)).not.toThrow();
    expect(check(3.5, 2, 1e6)).toThrow(/at most 1000000 are computed/);
  });

  it('is guessed from the length of the volume', () => {
    const guesses = [at(3500), at(2), at(0.002), at(0.002, [48, 48, 1])].map((geometry) => unitGuess(geometry));
    expect(guesses).toEqual([
      expect.stringMatching(/micrometres/),
      undefined,
      expect.stringMatching(/metres or centimetres, .* unless a microscope/),
      expect.stringMatching(/metres or centimetres/),
    ]);
    expect(unitGuess(at(0.002), 3)).toBeUndefined();
    expect(unitGuess(at(0.02, [9, 9, 9]))).toBeUndefined();
  });

  it('is not padded to a square that is larger than any grid', () => {
    const model = { fit: 'pad-resize', imageSize: 32 } as const;
    expect(() => fitSlices(3, 40_000, model)).toThrow(expect.objectContaining({ code: 'volume-too-large' }));
  });
});

describe('fitting', () => {
  it.each([
    ['to a larger shape', { shape: [16, 9, 8] as const }, [16, 9, 8]],
    ['to hold a window', { atLeast: [4, 20, 6] as const }, [11, 20, 6]],
    ['to a multiple', { multipleOf: 4 }, [12, 8, 8]],
    ['to a shape, then to a multiple', { shape: [13, 8, 6] as const, multipleOf: 4 }, [16, 8, 8]],
  ])('pads %s and comes back bit for bit', (_, options, expected) => {
    const step = fit(volume, { ...options, outside: -7 });
    expect(step.volume.geometry.shape).toEqual(expected);
    expect(step.volume.data[0]).toBe(-7);
    expect(step.undo.values(step.volume.data)).toEqual(volume.data);
  });

  it('crops about the centre, and what was cropped away comes back as background', () => {
    const step = fit({ data: labels, geometry: volume.geometry }, { shape: [5, 8, 6], outside: 0 });
    const back = step.undo.labels(step.volume.data);
    const inside = (n: number): boolean => n % 11 >= 3 && n % 11 < 8;
    expect(back).toEqual(labels.map((label, n) => (inside(n) ? label : 0)));
  });

  it('leaves a volume alone that fits', () => {
    expect(fit(volume, { multipleOf: 1, outside: 0 }).volume).toBe(volume);
  });
});

it('several steps are undone in reverse', () => {
  const turned = orient(volume, 'SPL');
  const padded = fit(turned.volume, { multipleOf: 7, outside: 0 });
  const undo = undoAll([turned, padded]);
  expect(undo.values(padded.volume.data)).toEqual(volume.data);
});
