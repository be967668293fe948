import type { Volume } from '@parse3d/volume/geometry';
import { afterEach, describe, expect, it } from 'vitest';
import { Bench, infer, phantom } from '../engines/support.js';
import { differing, farthest, LPS, shape, TEXTS } from './support.js';
import { openTiny } from './tiny-pack.js';

const bench = new Bench();
afterEach(() => bench.close());

describe('intensities', () => {
  it('are prepared as the job asks, in place of the pack’s rule', async () => {
    const engine = await openTiny(bench);
    const image = await bench.image(phantom(shape, LPS));
    const own = await infer(engine, image, TEXTS);
    const asked = await infer(engine, image, TEXTS, {
      options: { seed: 0, intensity: { kind: 'window', width: 3, level: 1, range: [0, 255] } },
    });
    expect(own.preparation.join()).not.toContain('window of width 3 at level 1');
    expect(asked.preparation.join()).toContain('window of width 3 at level 1');
    expect(differing(asked.labels.data, own.labels.data)).toBeGreaterThan(0);
  });
});

describe('CT', () => {
  /** Hounsfield units. */
  const ct = (): Volume<Float32Array> => {
    const volume = phantom(shape, LPS);
    return { ...volume, data: volume.data.map((value) => value * 8 - 900) };
  };

  it('is seen through the window of each prompt’s target', async () => {
    const engine = await openTiny(bench, { model: { suppression: 'none' } });
    const image = await bench.image(ct());
    const texts = ['left lung', 'liver', 'rib'];
    const found = await infer(engine, image, texts, { modality: 'ct', wantProbabilities: true });
    expect(found.preparation.filter((sentence) => sentence.includes('window'))).toEqual([
      'for label 1 (lung): intensities clipped to the window of width 1500 at level -160, scaled to [0, 255]',
      'for label 2 (soft-tissue): intensities clipped to the window of width 400 at level 40, scaled to [0, 255]',
      'for label 3 (bone): intensities clipped to the window of width 1800 at level 400, scaled to [0, 255]',
    ]);
    for (const [n, text] of texts.entries()) {
      const alone = await infer(engine, image, [text], { modality: 'ct', wantProbabilities: true });
      expect(farthest(alone.probabilities?.(0) ?? [], found.probabilities?.(n) ?? [])).toBeLessThan(1e-5);
      await alone.close?.();
    }
    await found.close?.();
  });

  it('is seen through the client’s window where one is given', async () => {
    const engine = await openTiny(bench);
    const found = await infer(engine, await bench.image(ct()), ['left lung', 'liver'], {
      modality: 'ct',
      options: { seed: 0, window: { width: 300, level: 20 } },
    });
    expect(found.preparation).toContain(
      'intensities clipped to the window of width 300 at level 20, scaled to [0, 255]',
    );
  });

  it('that is grey already is left alone, for all prompts at once', async () => {
    const engine = await openTiny(bench);
    const volume = phantom(shape, LPS);
    const grey = { ...volume, data: volume.data.map((value) => Math.min(255, Math.max(0, value))) };
    const found = await infer(engine, await bench.image(grey), ['left lung', 'liver'], { modality: 'ct' });
    expect(found.preparation).toContain('intensities already within 0 to 255, left as they are');
  });
});
