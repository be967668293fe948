import { join } from 'node:path';
import { makeGeometry, type Geometry } from '@parse3d/volume/geometry';
import { describe, expect, test } from 'vitest';
import { fitSlices } from '../../src/engines/promptable-slices/slices/fit.js';
import { MaskCounts } from '../../src/engines/promptable-slices/restore/mask-counts.js';
import { NearestWriter } from '../../src/engines/promptable-slices/restore/nearest.js';
import { bicubicPlan, SquareResizer } from '../../src/engines/promptable-slices/slices/resize.js';
import { SliceMasks } from '../../src/engines/promptable-slices/restore/slice-masks.js';
import { sigmoid, type SliceScores } from '../../src/engines/promptable-slices/slices/slice-scores.js';
import { readSlice, sliceStack } from '../../src/engines/promptable-slices/slices/stack.js';
import { readTestNpz, type NpyArray } from './npz.js';

// What the published code gives for steps 1, 2, 6, 7, 8 and 9 of the BiomedParse v2 pipeline.
const data = process.env['PARSE3D_TEST_DATA'];
const why = data === undefined ? ' (skipped: PARSE3D_TEST_DATA is not set)' : '';

/** An LPS grid, whose voxels in memory are an array of z, y, x. */
function lps(shape: readonly [number, number, number]): Geometry {
  return makeGeometry(shape, [-1, 0, 0, 0, 0, -1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]);
}

async function openCase(name: string): Promise<(key: string) => NpyArray> {
  const arrays = await readTestNpz(join(data ?? '', '..', 'golden', 'slice_pipeline.npz'));
  return (key) => {
    const array = arrays.get(`${name}.${key}`);
    if (array === undefined) throw new Error(`${name}.${key} is missing`);
    return array;
  };
}

const worst = (ours: ArrayLike<number>, theirs: ArrayLike<number>): number =>
  Array.from(ours).reduce((max, value, n) => Math.max(max, Math.abs(value - (theirs[n] ?? NaN))), 0);

const names = ['axial', 'square', 'sagittal_thin', 'coronal_thin', 'isotropic'];

describe.skipIf(data === undefined).each(names)(`the published pipeline, %s${why}`, (name) => {
  test('cuts the same axis, pads and resizes alike', async () => {
    const get = await openCase(name);
    const [nk = 0, nj = 0, ni = 0] = get('volume').shape;
    const stack = sliceStack(lps([ni, nj, nk]), { orientation: 'LPS', sliceAxis: 'biomedparse' });
    expect(stack.axis).toBe(['k', 'j', 'i'][get('axis').data[0] ?? 9]);

    const size = get('size').data[0] ?? 0;
    const side = get('padded_size').data[0] ?? 0;
    expect(Math.max(stack.height, stack.width)).toBe(side);
    // Of the axes depth, height and width; the first is never padded.
    const pads = [...get('pad').data].slice(2);
    const split = [stack.height, stack.width].flatMap((n) => [Math.floor((side - n) / 2), Math.ceil((side - n) / 2)]);
    expect(split).toEqual(pads);

    const fit = fitSlices(stack.height, stack.width, { fit: 'pad-resize', imageSize: size });
    const resizer = new SquareResizer(bicubicPlan(side, size));
    const { data: inputs, shape } = get('model_input');
    for (let index = 0; index < (shape[0] ?? 0); index++) {
      const theirs = inputs.subarray(index * size * size, (index + 1) * size * size);
      const slice = Float32Array.from(readSlice(get('volume').data, stack, index));
      const padded = new Float32Array(side * side);
      for (let y = 0; y < stack.height; y++) {
        const row = slice.subarray(y * stack.width, (y + 1) * stack.width);
        padded.set(row, (y + (split[0] ?? 0)) * side + (split[2] ?? 0));
      }
      const resized = new Float32Array(size * size);
      resizer.run(padded, resized);
      expect(worst(resized, theirs)).toBeLessThan(1e-3);
      // The model gets whole grey values: the golden numbers are those before rounding.
      expect(
        worst(
          fit.toModel(slice),
          Array.from(theirs, (v) => Math.min(255, Math.max(0, v))),
        ),
      ).toBeLessThan(0.5005);
    }
  });

  test('enlarges, suppresses and labels alike', async () => {
    const get = await openCase(name);
    const [nk = 0, nj = 0, ni = 0] = get('volume').shape;
    const stack = sliceStack(lps([ni, nj, nk]), { orientation: 'LPS', sliceAxis: 'biomedparse' });
    const size = get('size').data[0] ?? 0;
    const { data: logits, shape } = get('mask_logits');
    const [prompts = 0, depth = 0, maskSize = 0] = shape;
    const area = maskSize * maskSize;
    const plane = (prompt: number, index: number): Float32Array => {
      const start = (prompt * depth + index) * area;
      return Float32Array.from(logits.subarray(start, start + area));
    };
    const existence = get('existence_logits').data;
    const masks = new SliceMasks({ imageSize: size, maskSize, suppression: 'iou' }, 0.5);
    expect(worst(masks.enlarge(plane(0, 0)), get('upsampled_first').data)).toBeLessThan(1e-3);

    const scoresOf = (index: number): SliceScores => {
      const mine = Float32Array.from({ length: prompts }, (_, prompt) => existence[prompt * depth + index] ?? 0);
      return {
        index,
        existence: mine,
        planes: Array.from(mine, (logit, prompt) => (logit > 0 ? plane(prompt, index) : undefined)),
      };
    };
    const sums = new Float64Array(prompts * depth);
    const labels = new Uint8Array(ni * nj * nk);
    const fit = fitSlices(stack.height, stack.width, { fit: 'pad-resize', imageSize: size });
    const counts = new MaskCounts(prompts);
    const sink = new NearestWriter(
      { stack, labels, labelOf: [...get('ids').data], masks, threshold: 0.5, onKept: () => undefined },
      counts,
      fit,
    );
    for (let index = 0; index < depth; index++) {
      masks.visit(scoresOf(index), (prompt, enlarged) => {
        sums[prompt * depth + index] = enlarged.reduce((sum, logit) => sum + sigmoid(logit), 0);
      });
      sink.add(scoresOf(index));
    }
    get('probabilities_sum').data.forEach((theirs, n) => {
      expect(Math.abs((sums[n] ?? NaN) - theirs)).toBeLessThanOrEqual(1e-5 * theirs);
    });
    const theirs = get('segmentation').data;
    expect(labels.reduce((count, label, voxel) => count + (label === theirs[voxel] ? 0 : 1), 0)).toBe(0);
    expect(counts.voxels.some((voxels) => voxels > 0)).toBe(true);
  });
});
