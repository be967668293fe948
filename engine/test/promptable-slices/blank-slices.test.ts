import { afterEach, expect, test } from 'vitest';
import type { NiftiImage } from '@parse3d/volume/formats';
import { openSession, type Session } from '../../src/engines/onnx.js';
import { openPromptableSlicesEngine } from '../../src/engines/promptable-slices/index.js';
import type { Engine, Found } from '../../src/types.js';
import { Bench, infer, phantom, prompts } from '../engines/support.js';
import { differing, farthest, LPS } from './support.js';
import { openTiny, type TinyOptions } from './tiny-pack.js';

const bench = new Bench();
afterEach(() => bench.close());

const PLANE = 26 * 22;
const DEPTH = 11;

/** Content in slices 4 to 7 alone: 0, 1, 2, 9 and 10 have neighbours without content too. */
async function partlyBlank(): Promise<NiftiImage> {
  const { data, geometry } = phantom([26, 22, DEPTH], LPS);
  const inside = data.map((value, n) =>
    n >= 4 * PLANE && n < 8 * PLANE ? Math.min(255, Math.max(1, Math.round(value))) : 0,
  );
  return bench.image({ data: inside, geometry });
}

/** The engine of a tiny pack, and how often its image encoder ran. */
async function counted(options: TinyOptions, slicesPerPass: number): Promise<{ engine: Engine; slices: () => number }> {
  const { pack: loaded } = await openTiny(bench, options);
  if (loaded.pack.kind !== 'promptable-slices') throw new Error('expected a promptable pack');
  let slices = 0;
  const open = async (...args: Parameters<typeof openSession>): Promise<Session> => {
    const session = await openSession(...args);
    return {
      ...session,
      run: (feeds, ...more) => {
        slices += feeds['image']?.shape[0] ?? 0;
        return session.run(feeds, ...more);
      },
    };
  };
  const engine = await openPromptableSlicesEngine(
    loaded,
    loaded.pack,
    { device: 'cpu', threads: 1, slicesPerPass },
    open,
  );
  bench.later(() => engine.close());
  return { engine, slices: () => slices };
}

const run = (engine: Engine, image: NiftiImage): Promise<Found> =>
  infer(engine, image, [], {
    prompts: [...prompts('liver', 'spleen'), { text: 'aorta', label: 3, instances: true }],
    wantProbabilities: true,
  });

const edgesOf = (found: Found): number[] => [...(found.edgePieces?.(2) ?? [])].flatMap((piece) => [...piece]);
const told = (found: Found): string | undefined => found.preparation.find((sentence) => sentence.includes('not run'));

test('a slice without content is run once, and the others like it have its very answer', async () => {
  const image = await partlyBlank();
  const { engine, slices } = await counted({ edges: 'as edges' }, 1);
  const found = await run(engine, image);
  expect(slices()).toBe(DEPTH - 4);
  expect(told(found)).toMatch(/^4 of 11 slices hold one grey value/);

  const every = await counted({ edges: 'as edges' }, 4);
  const reference = await run(every.engine, image);
  expect(every.slices()).toBe(DEPTH);
  expect(told(reference)).toBeUndefined();

  expect(differing(found.labels.data, reference.labels.data)).toBe(0);
  expect(differing(edgesOf(found), edgesOf(reference))).toBe(0);
  expect(edgesOf(found)).toContain(1);
  for (const prompt of [0, 1, 2]) {
    const [ours, theirs] = [found, reference].map((one) => one.probabilities?.(prompt) ?? new Float32Array());
    expect(farthest(ours ?? [], theirs ?? [])).toBeLessThan(1e-5);
    const slice = (k: number): Float32Array | undefined => ours?.subarray(k * PLANE, (k + 1) * PLANE);
    for (const k of [1, 2, 9, 10]) expect(slice(k)).toEqual(slice(0));
    expect(found.findings[prompt]?.existenceBySlice?.scores).toEqual(
      reference.findings[prompt]?.existenceBySlice?.scores,
    );
  }
  await found.close?.();
  await reference.close?.();
});

test('a model that knows where a slice lies is run for every one', async () => {
  const { engine, slices } = await counted({ model: { positionInput: 'position' } }, 1);
  const found = await run(engine, await partlyBlank());
  expect(slices()).toBe(DEPTH);
  expect(told(found)).toBeUndefined();
  await found.close?.();
});
