import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeGeometry } from '@parse3d/shared/geometry';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { ExactSink } from '../../src/engines/promptable-slices/exact-sink.js';
import { fitSlices } from '../../src/engines/promptable-slices/fit-slices.js';
import { antialiasedPlan, resizeSquare } from '../../src/engines/promptable-slices/resize.js';
import { neighbours, readSlice, sliceStack } from '../../src/engines/promptable-slices/slice-stack.js';
import { suppress } from '../../src/engines/promptable-slices/suppression.js';
import { PromptTokenizer } from '../../src/engines/promptable-slices/text.js';
import { scratchFolder } from '@parse3d/shared/testing';
import { writeClipTokenizer } from './clip.js';
import { readTestNpz, type NpyArray } from './npz.js';

// What the published code gives for steps 1, 2, 6, 7, 8 and 9 of the BiomedParse v2 pipeline.
const data = process.env['PARSE3D_TEST_DATA'];
const golden = data === undefined ? undefined : join(data, '..', 'golden');
const why = golden === undefined ? ' (skipped: PARSE3D_TEST_DATA is not set)' : '';

describe.skipIf(golden === undefined)(`against the published pipeline${why}`, () => {
  const cases = ['axial', 'square', 'sagittal_thin', 'coronal_thin', 'isotropic'];

  test.each(cases)('%s: slice axis, padding, resizing, suppression and the way back', async (name) => {
    const arrays = await readTestNpz(join(golden ?? '', 'slice_pipeline.npz'));
    const get = (key: string): NpyArray => {
      const array = arrays.get(`${name}.${key}`);
      if (array === undefined) throw new Error(`${name}.${key} is missing`);
      return array;
    };
    const [nk = 0, nj = 0, ni = 0] = get('volume').shape;
    const volume = Float32Array.from(get('volume').data);
    const geometry = makeGeometry([ni, nj, nk], [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]);
    const stack = sliceStack([ni, nj, nk], 'biomedparse');
    expect(stack.axis).toBe(['k', 'j', 'i'][get('axis').data[0] ?? 9]);

    // Way in: ours is rounded, the golden one is not.
    const size = get('size').data[0] ?? 0;
    const fit = fitSlices(stack.height, stack.width, { fit: 'pad-resize', imageSize: size });
    const inputs = get('model_input');
    for (let slice = 0; slice < (inputs.shape[0] ?? 0); slice++) {
      const ours = fit.toModel(readSlice(volume, stack, slice));
      const theirs = inputs.data.subarray(slice * size * size, (slice + 1) * size * size);
      const worst = ours.reduce((max, value, n) => Math.max(max, Math.abs(value - Math.min(255, Math.max(0, theirs[n] ?? 0)))), 0);
      expect(worst).toBeLessThanOrEqual(0.5 + 1e-3);
    }

    // Way out.
    const { shape: logitsShape, data: logits } = get('mask_logits');
    const [prompts = 0, depth = 0, maskSize = 0] = logitsShape;
    const area = maskSize * maskSize;
    const plan = antialiasedPlan(maskSize, size);
    const maskOf = (prompt: number, slice: number): Float32Array => {
      const start = (prompt * depth + slice) * area;
      return resizeSquare(Float32Array.from(logits.subarray(start, start + area)), plan);
    };
    const first = maskOf(0, 0);
    const expectedFirst = get('upsampled_first').data;
    expect(first.reduce((max, value, n) => Math.max(max, Math.abs(value - (expectedFirst[n] ?? 0))), 0)).toBeLessThan(1e-3);

    const labels = [...get('ids').data];
    const sink = new ExactSink(geometry, stack, { labels: (x) => x, values: (x) => x }, {
      labels,
      threshold: 0.5,
      wantMasks: false,
      wantProbabilities: false,
    });
    for (let slice = 0; slice < depth; slice++) {
      const scores = labels.map((_, prompt) => sigmoid(get('existence_logits').data[prompt * depth + slice] ?? 0));
      const masks = labels.map((_, prompt) =>
        (scores[prompt] ?? 0) > 0.5 ? maskOf(prompt, slice).map(sigmoid) : new Float32Array(size * size),
      );
      if (prompts > 1) suppress(masks, scores).forEach((stays, prompt) => void (stays || masks[prompt]?.fill(0)));
      sink.add(slice, fit.back, masks);
    }
    const ours = sink.restore().labels;
    const theirs = get('segmentation').data;
    expect(ours.reduce((count, label, voxel) => count + (label === theirs[voxel] ? 0 : 1), 0)).toBe(0);
  });

  test('token ids of the CLIP tokenizer', async () => {
    const folder = await scratchFolder('clip');
    const tokenizerJson = join(folder.path, 'tokenizer.json');
    writeClipTokenizer(join(data ?? '', 'clip', 'bpe_simple_vocab_16e6.txt.gz'), tokenizerJson);
    const Cases = z.array(z.object({ text: z.string(), ids: z.array(z.int()) }));
    const cases = Cases.parse(JSON.parse(await readFile(join(golden ?? '', 'clip_tokens.json'), 'utf8')));
    expect(cases.length).toBeGreaterThan(0);
    const tokenizer = await PromptTokenizer.open(tokenizerJson, 77);
    for (const { text, ids } of cases) expect({ text, ids: tokenizer.encode(text).ids }).toEqual({ text, ids });
    const long = tokenizer.encode('left kidney and right kidney '.repeat(30));
    expect({ cut: long.cut, length: long.ids.length, end: long.ids.at(-1) }).toEqual({ cut: true, length: 77, end: 49407 });
    await folder.remove();
  });
});

test('the missing neighbour of an end slice is the other one’s mirror', () => {
  expect(neighbours(0, 5)).toEqual([1, 1]);
  expect(neighbours(4, 5)).toEqual([3, 3]);
  expect(neighbours(2, 5)).toEqual([1, 3]);
  expect(neighbours(0, 1)).toEqual([0, 0]);
});

function sigmoid(logit: number): number {
  return 1 / (1 + Math.exp(-logit));
}
