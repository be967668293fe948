import { describe, expect, it } from 'vitest';
import type { Finding, Pack } from '@parse3d/contract';
import { Pack as PackSchema } from '@parse3d/contract';
import { coloursOf } from '../../src/outputs/colours.js';
import { labelsJson, labelsTxt } from '../../src/outputs/label-names.js';
import { tinyDraft } from '../engines/support.js';

const pack: Pack = PackSchema.parse({ ...tinyDraft(), files: {} });

function finding(label: number, classes: string[]): Finding {
  return {
    label,
    prompt: classes.join(' and '),
    verdict: 'present',
    voxels: 1,
    volumeMl: 1,
    meanProbability: null,
    maxProbability: null,
    existence: null,
    recommended: true,
    classes,
  };
}

describe('colours', () => {
  it('are the class’s own where the pack gives one, by side', () => {
    const findings = [finding(1, ['right hippocampus']), finding(2, ['left hippocampus'])];
    expect(coloursOf(findings, pack)).toEqual(['#00ff00', '#ff0000']);
  });

  it('are never given twice', () => {
    const findings = [
      finding(1, ['left hippocampus']),
      finding(2, ['left hippocampus', 'right hippocampus']),
      ...Array.from({ length: 250 }, (_, n) => finding(n + 3, ['liver'])),
    ];
    const colours = coloursOf(findings, pack);
    expect(new Set(colours).size).toBe(findings.length);
    for (const colour of colours) expect(colour).toMatch(/^#[0-9a-f]{6}$/);
  });

  it('depend on the label alone, so that two jobs agree', () => {
    const [, alone] = coloursOf([finding(1, ['thalamus']), finding(7, ['liver'])], pack);
    expect(coloursOf([finding(7, ['liver'])], pack)).toEqual([alone]);
  });
});

describe('the names of labels', () => {
  const names = [
    { id: 3, prompt: 'left "kidney"\n in CT', colour: '#0a141e' },
    { id: 400, prompt: 'liver', colour: '#ffffff' },
  ];

  it('are a NiiVue label colour map and a list of targets', () => {
    expect(JSON.parse(labelsJson(names))).toEqual({
      schemaVersion: 1,
      targets: names,
      R: [0, 10, 255],
      G: [0, 20, 255],
      B: [0, 30, 255],
      A: [0, 255, 255],
      I: [0, 3, 400],
      labels: ['background', 'left "kidney"\n in CT', 'liver'],
    });
  });

  it('are lines of ITK-SNAP that no prompt can break', () => {
    const lines = labelsTxt(names)
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'));
    const form = /^ *(\d+) +(\d+) +(\d+) +(\d+) +[01] +[01] +[01] +"([^"]*)"$/;
    expect(lines.map((line) => form.exec(line)?.slice(1))).toEqual([
      ['0', '0', '0', '0', 'Clear Label'],
      ['3', '10', '20', '30', 'left  kidney   in CT'],
      ['400', '255', '255', '255', 'liver'],
    ]);
  });
});
