import { describe, expect, test } from 'vitest';
import {
  affineFromColumns,
  allAxisCodes,
  centreOf,
  columnOf,
  conformGeometry,
  makeGeometry,
  orientationOf,
  planGeometry,
  planOrientation,
  resample,
  resampleLabels,
  reorient,
  voxelToWorld,
  type Affine,
  type Geometry,
  type Shape,
  type Vec3,
  type Volume,
} from '../../src/geometry/index.js';
import { describeWithNibabel, runPython } from '../formats/python.js';
import { randomAffine, seededRandom } from './random.js';

const SHAPE: Shape = [12, 10, 9];
const AFFINE: Affine = [1.5, 0, 0, -8, 0, 2, 0, 3, 0, 0, 2.5, -5, 0, 0, 0, 1];

/** Samples a function of the world on a grid. */
function sampled(geometry: Geometry, f: (point: Vec3) => number): Volume<Float64Array> {
  const [ni, nj, nk] = geometry.shape;
  const data = Float64Array.from({ length: ni * nj * nk }, (_, n) =>
    f(voxelToWorld(geometry.affine, [n % ni, Math.floor(n / ni) % nj, Math.floor(n / ni / nj)])),
  );
  return { data, geometry };
}

function columnsOf({ affine }: Geometry): [Vec3, Vec3, Vec3] {
  return [columnOf(affine, 0), columnOf(affine, 1), columnOf(affine, 2)];
}

/** A grid well inside of another one, rotated by `angle` about z and shifted by parts of a voxel. */
function inside(geometry: Geometry, angle: number): Geometry {
  const [x, y, z] = centreOf(geometry);
  const [c, s] = [Math.cos(angle), Math.sin(angle)];
  return makeGeometry(
    [5, 4, 4],
    affineFromColumns([c * 1.1, s * 1.1, 0], [-s * 0.9, c * 0.9, 0], [0, 0, 1.3], [x - 1.7, y - 1.3, z - 2.1]),
  );
}

const linearField = ([x, y, z]: Vec3): number => 3 + 0.5 * x - 2 * y + 0.25 * z;
const quadraticField = ([x, y, z]: Vec3): number => x * x - 0.5 * y * y + 0.2 * z * z + x * y;

function expectSame(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number): void {
  expect(actual.length).toBe(expected.length);
  let worst = 0;
  for (let n = 0; n < actual.length; n += 1)
    worst = Math.max(worst, Math.abs((actual[n] ?? NaN) - (expected[n] ?? NaN)));
  expect(worst).toBeLessThanOrEqual(tolerance);
}

describe('resampling', () => {
  const geometry = makeGeometry(SHAPE, AFFINE);

  test.each(['linear', 'cubic'] as const)('%s reproduces a linear field on parallel and on oblique grids', (method) => {
    for (const angle of [0, Math.PI / 2, Math.PI, 0.3, -1.1]) {
      const target = inside(geometry, angle);
      const result = resample(sampled(geometry, linearField), target, method);
      expectSame(result.data, sampled(target, linearField).data, 1e-9);
    }
  });

  test('cubic reproduces a quadratic field away from the edges', () => {
    for (const angle of [0, Math.PI / 2, 0.3]) {
      const target = inside(geometry, angle);
      const result = resample(sampled(geometry, quadraticField), target, 'cubic');
      expectSame(result.data, sampled(target, quadraticField).data, 1e-9);
    }
  });

  test.each(['nearest', 'linear', 'cubic'] as const)('%s: the fast and the general path agree', (method) => {
    const random = seededRandom(4);
    const data = Float64Array.from({ length: 12 * 10 * 9 }, random);
    for (let n = 0; n < 20; n += 1) {
      const affine = randomAffine(random);
      const source = { data, geometry: makeGeometry(SHAPE, affine) };
      const conformed = conformGeometry(source.geometry, {
        orientation: ['RAS', 'LPI', 'ASL', 'SRP'][n % 4],
        spacingMm: [0.7 + random(), 0.7 + random(), 0.7 + random()],
      });
      // Away from the symmetric position, where many points lie exactly between two voxels.
      const origin = voxelToWorld(conformed.affine, [0.3 * random(), 0.3 * random(), 0.3 * random()]);
      const target = makeGeometry(conformed.shape, affineFromColumns(...columnsOf(conformed), origin));
      // Too slanted for the fast path, too little to change the values much.
      const [ci, [x, y, z], ck] = columnsOf(target);
      const slantedColumn: Vec3 = [x + 1e-4 * ci[0], y + 1e-4 * ci[1], z + 1e-4 * ci[2]];
      const slanted = makeGeometry(target.shape, affineFromColumns(ci, slantedColumn, ck, origin));
      const fast = resample(source, target, method).data;
      const general = resample(source, slanted, method).data;
      let different = 0;
      for (let m = 0; m < fast.length; m += 1) {
        if (Math.abs((fast[m] ?? 0) - (general[m] ?? 0)) > 2e-2) different += 1;
      }
      expect(different / fast.length).toBeLessThan(method === 'nearest' ? 0.01 : 0.001);
    }
  });

  test('the same grid, in any axis order, gives the same voxels', () => {
    const random = seededRandom(5);
    const oblique = makeGeometry(SHAPE, randomAffine(random));
    const volume = { data: Int16Array.from({ length: 12 * 10 * 9 }, () => 2000 * random() - 1000), geometry: oblique };
    for (const codes of ['RAS', 'LPS', 'SAL', 'PIR']) {
      const turned = reorient(volume, codes).volume;
      for (const method of ['nearest', 'linear', 'cubic'] as const) {
        const result = resample(volume, turned.geometry, method);
        expect([...result.data]).toEqual([...turned.data]);
      }
      const nearest = resample(volume, turned.geometry, 'nearest');
      expect(nearest.data).toBeInstanceOf(Int16Array);
    }
  });

  test('the outer half voxel repeats the edge, and beyond comes the outside value', () => {
    const line = {
      data: Float32Array.of(10, 20, 30),
      geometry: makeGeometry([3, 1, 1], [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]),
    };
    const target = makeGeometry([13, 1, 1], [0.4, 0, 0, -1.4, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]);
    const at = (n: number): number => 0.4 * n - 1.4;
    const expected = Array.from({ length: 13 }, (_, n) =>
      at(n) < -0.5 || at(n) > 2.5 ? -7 : 10 + 10 * Math.min(2, Math.max(0, at(n))),
    );
    expectSame(resample(line, target, 'linear', { outside: -7 }).data, expected, 1e-5);
    expect(expected).toContain(-7);
  });

  test('a spacing alone keeps axes and centre and covers the extent', () => {
    const volume = sampled(geometry, linearField);
    const result = resample(volume, { spacingMm: 1 }, 'linear');
    expect(result.geometry.shape).toEqual([18, 20, 23]);
    result.geometry.spacingMm.forEach((mm) => expect(mm).toBeCloseTo(1, 12));
    expectSame(centreOf(result.geometry), centreOf(geometry), 1e-9);
  });
});

describe('conformed geometry', () => {
  test('takes orientation, spacing and shape, and stays centred, oblique or not', () => {
    const random = seededRandom(6);
    for (let n = 0; n < 100; n += 1) {
      // Tilted by less than 45 degrees, so that each axis has a world axis of its own.
      const tilt: Affine = [
        1.2,
        0.3 * random(),
        -0.4 * random(),
        7,
        -0.3 * random(),
        1.4,
        0.2,
        3,
        0.3,
        -0.2,
        2,
        9,
        0,
        0,
        0,
        1,
      ];
      const upright = makeGeometry([30, 20, 10], tilt);
      const geometry = planGeometry(upright, planOrientation(tilt, allAxisCodes()[n % 48] ?? 'RAS'));
      const conformed = conformGeometry(geometry, { orientation: 'LIA', spacingMm: 1, shape: [64, 64, 64] });
      expect(orientationOf(conformed.affine)).toBe('LIA');
      expect(conformed.shape).toEqual([64, 64, 64]);
      conformed.spacingMm.forEach((mm) => expect(mm).toBeCloseTo(1, 9));
      expectSame(centreOf(conformed), centreOf(geometry), 1e-9);
    }
  });

  test('changes nothing where it already conforms', () => {
    const geometry = makeGeometry([256, 256, 256], [-1, 0, 0, 127, 0, 0, 1, -128, 0, -1, 0, 127, 0, 0, 0, 1]);
    const conformed = conformGeometry(geometry, { orientation: 'LIA', spacingMm: 1, shape: [256, 256, 256] });
    expectSame(conformed.affine, geometry.affine, 1e-9);
  });

  test('refuses spacings that are not above zero', () => {
    const geometry = makeGeometry([2, 2, 2], AFFINE);
    for (const spacingMm of [0, -1, NaN]) expect(() => conformGeometry(geometry, { spacingMm })).toThrow(/above 0 mm/);
  });
});

describe('resampling labels', () => {
  const grid = (shape: Shape, spacing: number, origin: number): Geometry =>
    makeGeometry(shape, affineFromColumns([spacing, 0, 0], [0, spacing, 0], [0, 0, spacing], [origin, origin, origin]));

  test('is exact where the grids coincide, in any axis order', () => {
    const random = seededRandom(7);
    const geometry = makeGeometry(SHAPE, randomAffine(random));
    const labels = { data: Uint16Array.from({ length: 12 * 10 * 9 }, () => Math.floor(900 * random())), geometry };
    expect(resampleLabels(labels, geometry).data).toEqual(labels.data);
    const turned = reorient(labels, 'AIL').volume;
    expect(resampleLabels(labels, turned.geometry).data).toEqual(turned.data);
  });

  test('the label with most weight wins, also when it is split over several neighbours', () => {
    // Along one row: 5 5 9 at 0, 1, 2. At 1.4 label 5 has weight 0.6, at 1.6 label 9 has it.
    const row = { data: Uint8Array.of(5, 5, 9), geometry: grid([3, 1, 1], 1, 0) };
    const at = (x: number): number | undefined =>
      resampleLabels(row, makeGeometry([1, 1, 1], affineFromColumns([1, 0, 0], [0, 1, 0], [0, 0, 1], [x, 0, 0])))
        .data[0];
    expect([at(0.5), at(1.4), at(1.6)]).toEqual([5, 5, 9]);
    // Four corners of a face: 1 has 0.24 + 0.24, though 7 alone has the largest single weight.
    const face = { data: Uint8Array.of(7, 1, 1, 3), geometry: grid([2, 2, 1], 1, 0) };
    const point = makeGeometry([1, 1, 1], affineFromColumns([1, 0, 0], [0, 1, 0], [0, 0, 1], [0.4, 0.4, 0]));
    expect(resampleLabels(face, point).data[0]).toBe(1);
  });

  test('the lower label wins a tie', () => {
    for (const [left, right] of [
      [0, 4],
      [4, 0],
      [9, 2],
      [2, 9],
    ] as const) {
      const pair = { data: Uint8Array.of(left, right), geometry: grid([2, 1, 1], 1, 0) };
      const middle = makeGeometry([1, 1, 1], affineFromColumns([1, 0, 0], [0, 1, 0], [0, 0, 1], [0.5, 0, 0]));
      expect(resampleLabels(pair, middle).data[0]).toBe(Math.min(left, right));
    }
  });

  test('never invents a label, and outside is background', () => {
    const random = seededRandom(8);
    const geometry = makeGeometry(SHAPE, randomAffine(random));
    const used = [3, 17, 200];
    const labels = {
      data: Uint8Array.from({ length: 12 * 10 * 9 }, () => used[Math.floor(3 * random())] ?? 0),
      geometry,
    };
    const target = conformGeometry(geometry, { orientation: 'LIA', spacingMm: 0.9, shape: [40, 40, 40] });
    const values = new Set(resampleLabels(labels, target).data);
    expect([...values].toSorted((a, b) => a - b)).toEqual([0, ...used]);
  });
});

describeWithNibabel('resampling beside nibabel and scipy', () => {
  const script = `
import sys, json, numpy as np, nibabel as nib
from nibabel.processing import resample_from_to
data, shape, affine, target_shape, target_affine = json.loads(sys.argv[1])
image = nib.Nifti1Image(np.array(data).reshape(shape, order='F'), np.array(affine).reshape(4, 4))
target = (target_shape, np.array(target_affine).reshape(4, 4))
print(json.dumps([resample_from_to(image, target, order=n, mode='nearest').get_fdata().flatten(order='F').tolist() for n in (0, 1)]))`;

  test('nearest and linear give the same values on parallel and oblique grids', () => {
    const random = seededRandom(10);
    const data = Float64Array.from({ length: 12 * 10 * 9 }, random);
    for (const angle of [0, Math.PI / 2, 0.3, -1.1]) {
      const source = { data, geometry: makeGeometry(SHAPE, AFFINE) };
      const target = inside(source.geometry, angle);
      const args = [[...data], SHAPE, AFFINE, target.shape, target.affine];
      const [nearest, linear] = runPython(script, args) as [number[], number[]];
      expectSame(resample(source, target, 'nearest').data, nearest, 0);
      expectSame(resample(source, target, 'linear').data, linear, 1e-9);
    }
  });
});
