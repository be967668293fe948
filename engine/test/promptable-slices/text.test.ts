import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ctWindowFor, splitJoinedPrompts } from '@parse3d/contract';
import { scratchFolder } from '@parse3d/testing';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { PromptTokenizer } from '../../src/engines/promptable-slices/network/text.js';
import { writeClipTokenizer } from './clip.js';

const data = process.env['PARSE3D_TEST_DATA'];
const why = data === undefined ? ' (skipped: PARSE3D_TEST_DATA is not set)' : '';

describe.skipIf(data === undefined)(`the CLIP tokenizer${why}`, () => {
  const open = async (use: (tokenizer: PromptTokenizer) => Promise<void> | void): Promise<void> => {
    const folder = await scratchFolder('clip');
    try {
      const path = join(folder.path, 'tokenizer.json');
      writeClipTokenizer(join(data ?? '', 'clip', 'bpe_simple_vocab_16e6.txt.gz'), path);
      await use(await PromptTokenizer.open(path, 77));
    } finally {
      await folder.remove();
    }
  };

  test('gives the published ids', () =>
    open(async (tokenizer) => {
      const Cases = z.array(z.object({ text: z.string(), ids: z.array(z.int()) }));
      const cases = Cases.parse(
        JSON.parse(await readFile(join(data ?? '', '..', 'golden', 'clip_tokens.json'), 'utf8')),
      );
      expect(cases.length).toBeGreaterThan(0);
      for (const { text, ids } of cases) expect({ text, ids: tokenizer.encode(text).ids }).toEqual({ text, ids });
    }));

  test('straightens curly quotes', () =>
    open((tokenizer) => {
      const straight = tokenizer.encode(`the heart's "left" ventricle`).ids;
      expect(tokenizer.encode('the heart’s “left” ventricle').ids).toEqual(straight);
    }));

  test('keeps the end token of a text that is too long, and says that it was cut', () =>
    open((tokenizer) => {
      const long = tokenizer.encode('left kidney and right kidney '.repeat(30));
      expect(long).toMatchObject({ cut: true });
      expect(long.ids).toHaveLength(77);
      expect(long.ids.at(-1)).toBe(49407);
      expect(tokenizer.encode('left kidney').cut).toBe(false);
    }));
});

test('joined prompts are split at [SEP] and at &', () => {
  expect(splitJoinedPrompts('liver[SEP]left kidney [SEP] spleen')).toEqual(['liver', 'left kidney', 'spleen']);
  expect(splitJoinedPrompts(' liver & left kidney&spleen & ')).toEqual(['liver', 'left kidney', 'spleen']);
  expect(splitJoinedPrompts('liver')).toEqual(['liver']);
});

test.each([
  ['left lung', 'lung'],
  ['CT imaging of the airway tree in the chest', 'lung'],
  ['right lower lobe of the lung', 'lung'],
  ['COVID-19 lesion', 'lung'],
  ['pulmonary artery', 'soft-tissue'],
  ['brain', 'brain'],
  ['intracranial hemorrhage in head CT', 'brain'],
  ['vertebrae L3', 'bone'],
  ['left femur', 'bone'],
  ['liver', 'soft-tissue'],
  ['lymph node in the lung', 'soft-tissue'],
  ['tumor within the brain', 'soft-tissue'],
] as const)('a CT is seen for “%s” through the window for %s', (text, window) => {
  expect(ctWindowFor(text)).toBe(window);
});
