import { describe, expect, it } from 'vitest';
import { allTasks, Modality, searchTasks } from '../../src/index.js';
import {
  MOST_COMPARED,
  matchPrompts,
  nearest,
  remarksOn,
  standingsOf,
  standingWarnings,
  type Meter,
  type PackTargets,
} from '../../src/packs/index.js';
import { editDistance } from '../../src/text/nearest.js';
import { isProblem } from '../../src/problems/index.js';
import { labelMapPack } from './packs.js';

const brain: PackTargets = {
  id: 'brain',
  modalities: ['mr'],
  targets: [
    { name: 'brain', synonyms: ['whole brain'] },
    { name: 'hippocampus', side: 'left', synonyms: ['hippocampal formation'] },
    { name: 'hippocampus', side: 'right', synonyms: ['hippocampal formation'] },
    { name: 'thalamus', synonyms: [] },
    { name: 'brainstem', synonyms: ['brain stem'] },
    { name: 'brain and spine', synonyms: ['neuraxis'] },
    { name: 'thalamic nuclei', synonyms: ['neuraxis'] },
  ],
};
/** Made for the task catalogue. */
const catalogue: PackTargets = { id: 'any', modalities: [...Modality.options], targets: [] };

const standing = (text: string, pack = brain) => standingsOf(pack, [{ text }]).prompts[0];

describe('what a pack makes of a prompt', () => {
  it.each([
    ['brian', 'brain'],
    ['hippocampas', 'hippocampus'],
    ['left hipocampus', 'left hippocampus'],
    ['thalmus in T1 MRI', 'thalamus'],
    ['left thalamus', 'thalamus'],
    ['neuraxes', 'neuraxis'],
    ['brain stm', 'brainstem'],
    ['hippocampal formatoin', 'hippocampus'],
  ])('“%s” was probably “%s”', (text, suggestion) => {
    expect(standing(text)).toMatchObject({ recommended: false, suggestion });
  });

  it.each(['unicorn', 'tumor', '…', 'x'.repeat(512), '肝臓'])('nothing is guessed for “%s”', (text) => {
    expect(standing(text)).toEqual({ prompt: text, recommended: false, canonical: text });
  });

  it('known names, synonyms and tasks of the catalogue need no suggestion', () => {
    expect(standing('Brain Stem')).toEqual({ prompt: 'Brain Stem', recommended: true, canonical: 'brainstem' });
    for (const { prompt } of allTasks()) expect(standing(prompt, catalogue)).toMatchObject({ recommended: true });
  });

  it('every suggestion is a name of the pack', () => {
    const some = allTasks().filter((_, nth) => nth % 6 === 0);
    const texts = some.map(({ prompt }) => `${prompt.slice(0, 3)}${prompt.slice(4)}`);
    let suggested = 0;
    for (const text of texts) {
      const { suggestion } = standing(text, catalogue) ?? {};
      if (suggestion === undefined) continue;
      suggested += 1;
      expect(standing(suggestion, catalogue), suggestion).toMatchObject({ recommended: true });
    }
    expect(suggested).toBeGreaterThan(texts.length / 2);
  });

  it.each([
    ['thalamus, brainstem', ['thalamus', 'brainstem']],
    ['brain and thalamus', ['brain', 'thalamus']],
    ['thalamus; left hippocampus; brain stem', ['thalamus', 'left hippocampus', 'brain stem']],
    ['thalamus in the MRI, brainstem in the MRI', ['thalamus in the MRI', 'brainstem in the MRI']],
  ])('“%s” looks like several targets', (text, parts) => {
    expect(standing(text)).toMatchObject({ parts });
  });

  it.each([
    'brain and spine',
    'thalamus, unicorn',
    'left and right hippocampus',
    'hippocampus, left',
    'thalamus, thalami',
  ])('“%s” does not', (text) => {
    expect(standing(text)).not.toHaveProperty('parts');
  });

  it('says so in words', () => {
    const prompts = ['hippocampas', 'unicorn', 'brain', 'thalamus, brainstem'].map((text) => ({ text }));
    const standings = standingsOf(brain, prompts);
    expect(remarksOn(standings, brain)).toEqual([
      '“hippocampas” is not a target of brain; nearest: “hippocampus”',
      '“unicorn” is not a target of brain',
      '“thalamus, brainstem” is not a target of brain: it looks like 2 targets (thalamus; brainstem); give each a prompt of its own',
    ]);
    const labelled = prompts.map((_, index) => ({ label: index + 10 }));
    expect(standingWarnings(standings, labelled)).toEqual([
      'The prompt of label 13 looks like 2 targets; give each a prompt of its own.',
    ]);
  });

  it('a pack with fixed classes refuses several targets in one prompt with the hint', () => {
    const pack = labelMapPack([{ name: 'thalamus' }, { name: 'brainstem' }]);
    const refuse = () => matchPrompts(pack, [{ text: 'thalamus, brainstem', label: 1 }]);
    expect(refuse).toThrow('it looks like 2 targets (thalamus; brainstem); give each a prompt of its own');
  });
});

describe('the work of a look-up', () => {
  const worst = (count: number, length: number) =>
    Array.from({ length: count }, (_, index) => ({
      text: `${index} ${'hippocampis lefft '.repeat(40)}`.slice(0, length),
      label: index + 1,
    }));
  const cells = (look: (meter: Meter) => unknown): number => {
    const meter = { cells: 0 };
    try {
      look(meter);
    } catch (error) {
      if (!isProblem(error, 'prompt-unknown')) throw error;
    }
    return meter.cells;
  };
  const atlas = labelMapPack(
    allTasks('ct').map(({ name, synonyms, side }) => ({ name, synonyms, ...(side && { side }) })),
  );

  it('does not grow with the number of unknown prompts', () => {
    for (const look of [
      (count: number) => cells((meter) => standingsOf(catalogue, worst(count, 512), undefined, meter)),
      (count: number) => cells((meter) => matchPrompts(atlas, worst(count, 512), undefined, meter)),
    ]) {
      expect(look(MOST_COMPARED)).toBeGreaterThan(0);
      // One digit more stands before the words of later prompts.
      expect(look(256)).toBeLessThanOrEqual(look(MOST_COMPARED));
    }
  });

  it('does not grow with their length', () => {
    const look = (length: number) => cells((meter) => standingsOf(catalogue, worst(1, length), undefined, meter));
    expect(look(512)).toBeLessThanOrEqual(look(128));
    const search = (length: number) =>
      cells((meter) => searchTasks({ q: 'hippocampis lefft '.repeat(40).slice(0, length), limit: 5, meter }));
    expect(search(64)).toBeGreaterThan(0);
    expect(search(512)).toBeLessThanOrEqual(search(128));
  });

  it('stays within a budget for the longest list of the longest prompts', () => {
    expect(cells((meter) => matchPrompts(atlas, worst(256, 512), undefined, meter))).toBeLessThan(5e6);
    expect(cells((meter) => standingsOf(catalogue, worst(256, 512), undefined, meter))).toBeLessThan(8e6);
    expect(cells((meter) => searchTasks({ q: 'a b '.repeat(128), limit: 500, meter }))).toBeLessThan(2e6);
    expect(cells((meter) => nearest('x'.repeat(1e6), ['x'.repeat(1e6)], 5, meter))).toBeLessThan(10e3);
  });

  it('says how many prompts were not compared', () => {
    const standings = standingsOf(brain, worst(20, 100));
    expect(standings.notCompared).toBe(12);
    expect(remarksOn(standings, brain).at(-1)).toMatch(/^only the first 8 unknown prompts were compared/);
    expect(standingWarnings(standings, worst(20, 100))).toHaveLength(1);
    expect(() => matchPrompts(atlas, worst(20, 100))).toThrow(/and 12 more, which were not compared with its names$/);
  });
});

describe('a distance with a limit', () => {
  /** The whole table, without a band. */
  const plain = (a: string, b: string): number => {
    const table = Array.from({ length: a.length + 1 }, (_, i) =>
      Array.from({ length: b.length + 1 }, (__, j) => (i === 0 ? j : j === 0 ? i : 0)),
    );
    const cell = (i: number, j: number): number => table[i]?.[j] ?? 0;
    for (let i = 1; i <= a.length; i += 1) {
      for (let j = 1; j <= b.length; j += 1) {
        const replaced = cell(i - 1, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1);
        const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? cell(i - 2, j - 2) + 1 : 1e9;
        const row = table[i];
        if (row !== undefined) row[j] = Math.min(cell(i - 1, j) + 1, cell(i, j - 1) + 1, replaced, swapped);
      }
    }
    return cell(a.length, b.length);
  };

  it('is the distance up to the limit, and one more beyond', () => {
    let state = 7;
    const random = (below: number): number => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) % below;
    const word = (): string => Array.from({ length: random(9) }, () => 'abc'[(random(300) / 100) | 0]).join('');
    for (let n = 0; n < 3_000; n += 1) {
      const [a, b, most] = [word(), word(), random(8)];
      const distance = plain(a, b);
      expect(editDistance(a, b)).toBe(distance);
      expect(editDistance(a, b, most), `${a} ${b} ${most}`).toBe(distance > most ? most + 1 : distance);
    }
  });
});
