import { describe, expect, test } from 'vitest';
import {
  allAxisCodes,
  applyAxisPlan,
  geometriesAgree,
  invertAxisPlan,
  isAxisCodes,
  makeGeometry,
  multiply,
  orientationOf,
  planGeometry,
  planOrientation,
  planShape,
  reorient,
  voxelToWorld,
  worldToVoxel,
  type Affine,
  type Shape,
} from '../../src/geometry/index.js';
import { describeWithNibabel, runPython } from '../formats/python.js';
import { counting, randomAffine, sameVoxels, seededRandom } from './random.js';

const OBLIQUE: Affine = [1.9, 0.3, -0.2, -40, -0.25, 2.8, 0.4, 15, 0.3, -0.35, 0.9, -7, 0, 0, 0, 1];
const SHAPE: Shape = [5, 7, 3];

describe('orientation', () => {
  test('there are 48, all different and all understood', () => {
    const codes = allAxisCodes();
    expect(new Set(codes).size).toBe(48);
    expect(codes.every(isAxisCodes)).toBe(true);
    expect(['RAR', 'RA', 'RASS', 'XYZ', 'ras', ''].some(isAxisCodes)).toBe(false);
    expect(() => planOrientation(OBLIQUE, 'RLA')).toThrow(/RLA/);
  });

  test('every voxel keeps its value and its place in the world, in each of the 48', () => {
    const volume = { data: counting(SHAPE), geometry: makeGeometry(SHAPE, OBLIQUE) };
    for (const codes of allAxisCodes()) {
      const turned = reorient(volume, codes).volume;
      expect(orientationOf(turned.geometry.affine)).toBe(codes);
      const [ni, nj] = turned.geometry.shape;
      turned.data.forEach((value, n) => {
        const world = voxelToWorld(turned.geometry.affine, [n % ni, Math.floor(n / ni) % nj, Math.floor(n / ni / nj)]);
        const [i, j, k] = worldToVoxel(OBLIQUE, world).map(Math.round);
        expect(value).toBe(1 + (i ?? 0) + SHAPE[0] * ((j ?? 0) + SHAPE[1] * (k ?? 0)));
      });
    }
  });

  test('undo brings any array of the reoriented grid back, from each of the 48 to each other', () => {
    const random = seededRandom(2);
    for (const from of allAxisCodes()) {
      const start = reorient({ data: counting(SHAPE), geometry: makeGeometry(SHAPE, OBLIQUE) }, from).volume;
      for (const to of allAxisCodes()) {
        const { volume, undo } = reorient(start, to);
        expect(sameVoxels(undo(volume.data), start.data)).toBe(true);
        const probabilities = Float32Array.from(volume.data, (value) => value + random());
        expect(undo(probabilities)).toBeInstanceOf(Float32Array);
      }
    }
  });

  test('a volume larger than the copying blocks survives the round trip', () => {
    const shape: Shape = [70, 33, 65];
    const geometry = makeGeometry(shape, OBLIQUE);
    const data = counting(shape);
    for (const codes of allAxisCodes()) {
      const plan = planOrientation(OBLIQUE, codes);
      const turned = applyAxisPlan(data, shape, plan);
      expect(turned.every((value) => value !== 0)).toBe(true);
      expect(sameVoxels(applyAxisPlan(turned, planShape(shape, plan), invertAxisPlan(plan)), data)).toBe(true);
      expect(geometriesAgree(planGeometry(planGeometry(geometry, plan), invertAxisPlan(plan)), geometry, 1e-9)).toBe(
        true,
      );
    }
  });
});

describeWithNibabel('orientation beside nibabel', () => {
  test('names the axes of rotated and sheared affines as nibabel does', () => {
    const random = seededRandom(3);
    const affines = Array.from({ length: 2000 }, (_, n) => {
      const affine = randomAffine(random);
      const shear: Affine = [1, 0.6 * random(), 0, 0, 0, 1, 0.6 * random(), 0, 0.6 * random(), 0, 1, 0, 0, 0, 0, 1];
      return n % 2 === 0 ? affine : multiply(affine, shear);
    });
    const script = `
import sys, json, numpy as np, nibabel as nib
print(json.dumps([''.join(nib.aff2axcodes(np.array(a).reshape(4, 4))) for a in json.loads(sys.argv[1])]))`;
    // The kernel allows 128 KiB per argument.
    const names = [0, 500, 1000, 1500].flatMap((start) => runPython(script, affines.slice(start, start + 250)));
    const ours = [0, 500, 1000, 1500].flatMap((start) => affines.slice(start, start + 250).map(orientationOf));
    expect(ours).toEqual(names);
    expect(new Set(ours).size).toBe(48);
  });

  test('moves voxels and affine as nibabel does', () => {
    const script = `
import sys, json, numpy as np, nibabel as nib
affine, shape, all_codes = json.loads(sys.argv[1])
image = nib.Nifti1Image(np.arange(1, 1 + np.prod(shape), dtype=np.int32).reshape(shape, order='F'), np.array(affine).reshape(4, 4))
out = {}
for codes in all_codes:
    o = nib.orientations.ornt_transform(nib.io_orientation(image.affine), nib.orientations.axcodes2ornt(codes))
    t = image.as_reoriented(o)
    out[codes] = [np.asarray(t.dataobj).flatten(order='F').tolist(), t.affine.flatten().tolist()]
print(json.dumps(out))`;
    const theirs = runPython(script, [OBLIQUE, SHAPE, allAxisCodes()]) as Record<string, [number[], number[]]>;
    for (const codes of allAxisCodes()) {
      const { volume } = reorient({ data: counting(SHAPE), geometry: makeGeometry(SHAPE, OBLIQUE) }, codes);
      const [voxels, affine] = theirs[codes] ?? [[], []];
      expect([...volume.data]).toEqual(voxels);
      volume.geometry.affine.forEach((value, n) => expect(value).toBeCloseTo(affine[n] ?? NaN, 9));
    }
  });
});
