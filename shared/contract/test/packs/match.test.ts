import { describe, expect, it } from 'vitest';
import type { Pack } from '../../src/index.js';
import { matchPrompt, matchPrompts } from '../../src/packs/index.js';
import { Problem } from '../../src/problems/index.js';
import { labelMapPack, promptablePack } from './packs.js';

const sided = labelMapPack([
  { name: 'hippocampus', side: 'left', synonyms: ['hippocampal formation', 'brain'] },
  { name: 'hippocampus', side: 'right', synonyms: ['hippocampal formation', 'brain'] },
  { name: 'cerebral white matter', side: 'left', synonyms: ['white matter', 'brain'] },
  { name: 'cerebral white matter', side: 'right', synonyms: ['white matter', 'brain'] },
  { name: 'cerebral cortex', synonyms: ['grey matter', 'brain'] },
  { name: 'brain stem', synonyms: ['brain'] },
  { name: 'third ventricle', synonyms: ['ventricle', 'brain'] },
  { name: 'kidney', side: 'left' },
  { name: 'kidney', side: 'right' },
  { name: 'liver tumour' },
  { name: 'vertebra L1' },
  { name: 'oesophagus' },
  { name: 'left ear canal', side: 'left', synonyms: [] },
  { name: 'spleen', synonyms: ['lien'] },
  { name: 'inferior vena cava' },
]);
const plain = labelMapPack([
  { name: 'hippocampus', synonyms: ['brain'] },
  { name: 'thalamus', synonyms: ['brain'] },
]);

const channels = (pack: Pack, text: string): number[] => matchPrompt(pack, text).classes.map(({ channel }) => channel);

function problemOf(action: () => unknown): Problem {
  try {
    action();
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
  throw new Error('expected a problem');
}

describe('matching prompts to the classes of a label-map pack', () => {
  it.each([
    'left hippocampus',
    'Left-Hippocampus',
    'hippocampus L',
    'hippocampus (left)',
    'the left hippocampus in a T1 brain MRI',
    'lh hippocampus',
    'LEFT HIPPOCAMPI',
    'segment the left hippocampus',
    'hippocampus_left',
    'left hippocampal formation',
    'Brain MRI showing the left hippocampus',
    'please find the left hippocampus on this MR scan',
  ])('takes “%s” for the left one', (text) => {
    expect(channels(sided, text)).toEqual([1]);
    expect(matchPrompt(sided, text)).toMatchObject({ recommended: true });
  });

  it.each(['hippocampus', 'hippocampi', 'both hippocampi', 'left and right hippocampus', 'bilateral hippocampus'])(
    'takes “%s” for both sides',
    (text) => expect(channels(sided, text)).toEqual([1, 2]),
  );

  it.each([
    ['right kidney detected in abdominal CT images', [9]],
    ['Presence of the right kidney detected in abdominal CT images', [9]],
    ['Abdominal CT showing the left kidney', [8]],
    ['kidneys', [8, 9]],
    ['CT imaging of the spleen within the abdomen', [14]],
    ['CT scan of the spleen in the abdominal region', [14]],
    ['Visualization of the spleen in abdominal CT imaging', [14]],
    ['Inferior vena cava in abdominal CT', [15]],
    ['gray matter', [5]],
    ['white-matter', [3, 4]],
    ['matter, white', [3, 4]],
    ['right white matter', [4]],
    ['Brainstem', [6]],
    ['3rd ventricle', [7]],
    ['ventricles', [7]],
    ['esophagus', [12]],
    ['liver tumors', [10]],
    ['tumour of the liver', [10]],
    ['L1 vertebra', [11]],
    ['ear canal, left', [13]],
  ])('takes “%s” for channels %j', (text, expected) => expect(channels(sided, text)).toEqual(expected));

  it('a synonym that several classes share stands for all of them', () => {
    expect(channels(sided, 'brain')).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(channels(sided, 'left brain')).toEqual([1, 3]);
  });

  it('names the target as the pack does', () => {
    expect(matchPrompt(sided, 'hippocampus L').canonical).toBe('left hippocampus');
    expect(matchPrompt(sided, 'hippocampi').canonical).toBe('hippocampus');
    expect(matchPrompt(sided, 'tumors of the liver').canonical).toBe('liver tumour');
  });

  it('a side is refused where the pack does not tell sides', () => {
    const problem = problemOf(() => matchPrompt(plain, 'left hippocampus'));
    expect(problem.code).toBe('prompt-unknown');
    expect(problem.message).toContain('does not tell left from right');
    expect(problem.fields).toMatchObject({ prompt: 'left hippocampus', suggestions: ['hippocampus'] });
  });

  it('the other side is refused where the pack knows one side only', () => {
    const problem = problemOf(() => matchPrompt(sided, 'right ear canal'));
    expect(problem.fields['suggestions']).toEqual(['left ear canal']);
  });

  it.each([
    ['hipocampus', 'hippocampus'],
    ['left hipocampus in brain MRI', 'left hippocampus'],
    ['white mater', 'white matter'],
    ['kidny', 'kidney'],
    ['brian stem', 'brain stem'],
  ])('suggests for “%s” first of all “%s”', (text, expected) => {
    const problem = problemOf(() => matchPrompt(sided, text));
    expect(problem.status).toBe(422);
    const { suggestions } = problem.fields;
    expect(suggestions).toHaveProperty('0', expected);
    expect(suggestions).toHaveProperty('length', 5);
  });

  it.each(['left', 'in the MRI', '…', 'CT'])('refuses “%s”, which names nothing', (text) => {
    expect(problemOf(() => matchPrompt(sided, text)).code).toBe('prompt-unknown');
  });

  it('reads a hostile prompt of the longest length in a blink', () => {
    for (const text of ['in '.repeat(170), 'ct '.repeat(170), `${'a '.repeat(255)}of`, '('.repeat(512)]) {
      const start = performance.now();
      expect(() => matchPrompt(sided, text)).toThrow();
      expect(performance.now() - start).toBeLessThan(500);
    }
  });

  it('tells of all unknown prompts at once', () => {
    const prompts = ['thalamus', 'talamus', 'kidney'].map((text, index) => ({ text, label: index + 1 }));
    const { fields, message } = problemOf(() => matchPrompts(plain, prompts));
    expect(fields).toMatchObject({ prompt: 'talamus', prompts: [{ prompt: 'talamus' }, { prompt: 'kidney' }] });
    expect(message).toContain('“talamus”');
    expect(message).toContain('“kidney”');
    expect(matchPrompts(plain, prompts.slice(0, 1)).map(({ canonical }) => canonical)).toEqual(['thalamus']);
  });
});

describe('matching prompts to a pack that takes any text', () => {
  const promptable = promptablePack([
    { name: 'kidney', side: 'left' },
    { name: 'kidney', side: 'right' },
    { name: 'spleen' },
  ]);

  it('never refuses, and recommends what the pack lists', () => {
    expect(matchPrompt(promptable, 'Abdominal CT showing the left kidney')).toEqual({
      classes: [],
      recommended: true,
      canonical: 'left kidney',
    });
    expect(matchPrompt(promptable, ' a unicorn ')).toEqual({ classes: [], recommended: false, canonical: 'a unicorn' });
  });
});

describe('a promptable pack without targets of its own', () => {
  const promptable = promptablePack([]);

  it('recommends what the catalogue has for the modality of the job', () => {
    expect(matchPrompt(promptable, 'the spleen in abdominal CT', 'ct')).toMatchObject({
      recommended: true,
      canonical: 'spleen',
    });
    expect(matchPrompt(promptable, 'spleen', 'us').recommended).toBe(false);
    expect(matchPrompt(promptable, 'soleus').recommended).toBe(true);
    expect(matchPrompt(promptable, 'a green elephant', 'ct')).toMatchObject({
      recommended: false,
      canonical: 'a green elephant',
    });
  });

  it('looks at its own targets alone where it has some', () => {
    const own = promptablePack([{ name: 'left ventricle' }]);
    expect(matchPrompt(own, 'Cardiac Ultrasound depicting the left ventricle', 'us')).toMatchObject({
      recommended: true,
      canonical: 'left ventricle',
    });
    expect(matchPrompt(own, 'right ventricle', 'us').recommended).toBe(false);
    expect(matchPrompt(own, 'spleen', 'ct').recommended).toBe(false);
  });
});
