import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { matchPrompt } from '@parse3d/contract/packs';
import { openSession } from '../../src/engines/onnx.js';
import { buildCtTissue, loadPack } from '../../src/packs/index.js';
import type { LoadedPack } from '../../src/types.js';

const committed = join(import.meta.dirname, '../../../packs/ct-tissue');

describe('the ct-tissue pack', () => {
  let loaded: LoadedPack;
  beforeAll(async () => {
    loaded = await loadPack(committed);
  });

  it('is what `npm run build:packs` writes, byte for byte', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'parse3d-ct-tissue-'));
    try {
      await buildCtTissue(folder, committed);
      expect((await readdir(folder)).sort()).toEqual((await readdir(committed)).sort());
      for (const name of await readdir(folder)) {
        expect((await readFile(join(folder, name))).equals(await readFile(join(committed, name))), name).toBe(true);
      }
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  describe('sorts by Hounsfield units', () => {
    const hounsfield = Float32Array.from({ length: 5001 }, (_, index) => index - 1500);
    const probabilities: number[][] = [];
    const classOf = (hu: number): number => {
      const all = probabilities[hu + 1500] ?? [];
      return all.indexOf(Math.max(...all));
    };

    beforeAll(async () => {
      const session = await openSession(loaded.file('model.onnx'), { device: 'cpu', threads: 1 });
      const shape = [1, 1, 1, 1, hounsfield.length];
      // Deep inside a body density alone decides.
      const depth = new Float32Array(hounsfield.length).fill(100);
      const { logits } = await session.run({
        image: { type: 'float32', data: hounsfield, shape },
        depth: { type: 'float32', data: depth, shape },
      });
      await session.close();
      if (logits?.type !== 'float32') throw new Error('expected float32');
      hounsfield.forEach((_, voxel) => {
        const scores = Array.from({ length: 6 }, (_, channel) => logits.data[channel * hounsfield.length + voxel] ?? 0);
        const top = Math.max(...scores);
        const weights = scores.map((score) => Math.exp(score - top));
        const sum = weights.reduce((a, b) => a + b);
        probabilities.push(weights.map((weight) => weight / sum));
      });
    });
    afterAll(() => {
      probabilities.length = 0;
    });

    it.each([
      ['air', [-1500, -1000, -951]],
      ['lung', [-950, -800, -500]],
      ['background', [-499, -300, -191]],
      ['fat', [-190, -100, -30]],
      ['soft tissue', [-29, 0, 40, 150]],
      ['bone', [151, 700, 3500]],
    ])('%s', (name, values) => {
      const pack = loaded.pack;
      const channel = name === 'background' ? 0 : matchPrompt(pack, name).classes[0]?.channel;
      expect(values.map(classOf)).toEqual(values.map(() => channel));
    });

    it('every whole Hounsfield unit has the class of its range, and no other', () => {
      const changes = [...hounsfield.keys()].filter(
        (index) => index > 0 && classOf(index - 1500) !== classOf(index - 1501),
      );
      expect(changes.map((index) => index - 1500)).toEqual([-950, -499, -190, -29, 151]);
    });

    it('probabilities are graded near a border and sure far from it', () => {
      const bone = (hu: number): number => probabilities[hu + 1500]?.[5] ?? 0;
      expect(bone(150)).toBeCloseTo(0.4875, 3);
      expect(bone(161)).toBeCloseTo(0.74, 2);
      expect(bone(400)).toBeGreaterThan(0.999);
      expect(bone(-100)).toBeLessThan(1e-6);
    });
  });

  it.each([
    ['lungs', ['lung']],
    ['bones in CT', ['bone']],
    ['skeleton', ['bone']],
    ['adipose tissue in abdominal CT', ['fat']],
    ['skeletal muscles', ['soft tissue']],
  ])('understands “%s”', (text, expected) => {
    expect(matchPrompt(loaded.pack, text).classes.map(({ name }) => name)).toEqual(expected);
  });
});
