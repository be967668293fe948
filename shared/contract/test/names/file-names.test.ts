import { fileWord, nameForPeople } from '@parse3d/contract/names';
import { expect, test } from 'vitest';

const findings = [
  { label: 1, prompt: 'left hippocampus' },
  { label: 12, prompt: '  Größe / ../肝臓\u0000 ' },
  { label: 3, prompt: '///' },
];

test('files of a prompt are named after it and keep their number; others keep their names', () => {
  expect(nameForPeople('mask-1.nii.gz', findings)).toBe('mask-1-left-hippocampus.nii.gz');
  expect(nameForPeople('prob-12.nii.gz', findings)).toBe('prob-12-größe-肝臓.nii.gz');
  expect(nameForPeople('mesh-3.stl', findings)).toBe('mesh-3-target.stl');
  for (const name of ['labels.nii.gz', 'mask-7.nii.gz', 'preview.png', 'labels.seg.nrrd']) {
    expect(nameForPeople(name, findings)).toBe(name);
  }
});

test('no prompt makes a name that is empty, long, or leads out of a folder', () => {
  for (const prompt of ['', '..', '../../etc/passwd', '.hidden', 'a'.repeat(500), '\u200f-']) {
    const word = fileWord(prompt);
    expect(word).toMatch(/^[\p{L}\p{N}][\p{L}\p{M}\p{N}-]*$/u);
    expect(word.length).toBeLessThanOrEqual(60);
  }
});
