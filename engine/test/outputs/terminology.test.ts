import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { Pack } from '@parse3d/contract';
import { codeOf, conceptsByName } from '../../src/outputs/terminology/index.js';
import { describeWithDicomTools, runScript } from '../../../test/support/dicom.js';

const packs = join(import.meta.dirname, '../../../packs');
const openPack = async (id: string): Promise<Pack> =>
  Pack.parse(JSON.parse(await readFile(join(packs, id, 'pack.json'), 'utf8')));
const GENERIC = '85756007';

describe('coded terms', () => {
  test('sides become modifiers, and where something is seen is no part of its name', () => {
    expect(codeOf('the left kidney in abdominal CT')).toEqual({
      category: { value: '123037004', scheme: 'SCT', meaning: 'Anatomical Structure' },
      type: { value: '64033007', scheme: 'SCT', meaning: 'Kidney' },
      side: { value: '7771000', scheme: 'SCT', meaning: 'Left' },
    });
    expect(codeOf('right lung tumor')).toMatchObject({
      category: { value: '49755003' },
      type: { value: '108369006' },
      region: { value: '39607008' },
      side: { value: '24028007' },
    });
  });

  test('articles do not count', () => {
    expect(codeOf('upper lobe of the left lung')).toMatchObject({
      type: { value: '45653009' },
      side: { value: '7771000' },
    });
    expect(codeOf('the middle lobe of the right lung').type.value).toBe('72481006');
  });

  test('names count as a whole: what has no code of its own is Tissue', () => {
    for (const prompt of ['liver vessels', 'liver and spleen', 'left ventricle', 'left and right kidney', '肝']) {
      expect(codeOf(prompt), prompt).toEqual({
        category: { value: GENERIC, scheme: 'SCT', meaning: 'Tissue' },
        type: { value: GENERIC, scheme: 'SCT', meaning: 'Tissue' },
      });
    }
  });

  test('a class of the pack gives its code to a prompt in other words; several classes give none', () => {
    expect(codeOf('skeletal system', ['bone']).type.value).toBe('272673000');
    expect(codeOf('everything dense', ['bone', 'soft tissue']).type.value).toBe(GENERIC);
  });

  test('every target of the packs that come along has a code', async () => {
    const brain = await openPack('starter-brain-mr');
    const tissue = await openPack('ct-tissue');
    if (brain.kind === 'label-map' || tissue.kind !== 'label-map') throw new Error('packs of another kind');
    const generic = [
      ...brain.targets.filter(({ name }) => codeOf(name, [], brain).type.value === GENERIC),
      ...tissue.model.classes.filter(({ name }) => codeOf(name, [name], tissue).type.value === GENERIC),
    ].map(({ name }) => name);
    // Several nuclei: no single code of DICOM's groups says that.
    expect([...new Set(generic)]).toEqual(['basal ganglia']);
  });
});

describeWithDicomTools('coded terms beside the dictionary of pydicom', () => {
  test('every code is one of the standard, and means what we say', () => {
    const codes = [...conceptsByName.values()].flatMap(({ type, region }) => [type, ...(region ? [region] : [])]);
    const known = runScript('snomed.py', { codes: codes.map(({ value }) => value) }) as Record<string, string[]>;
    const plain = (text: string): string => text.toLowerCase().replace(/[^a-z]/g, '');
    const wrong = codes
      // SNOMED CT's code for soft tissue is not in pydicom's copy.
      .filter(({ value }) => value !== '87784001')
      .filter(({ value, meaning }) => !known[value]?.some((name) => plain(name).includes(plain(meaning))));
    expect(wrong).toEqual([]);
  });
});
