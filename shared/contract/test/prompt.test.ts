import { expect, test } from 'vitest';
import { Prompt, Prompts, PromptText } from '../src/index.js';

const refusal = (input: unknown): { path: string; message: string } => {
  const parsed = Prompts.safeParse(input);
  const issue = parsed.error?.issues[0];
  return { path: issue?.path.join('.') ?? '', message: issue?.message ?? 'accepted' };
};

test.each([
  ['NUL, as UTF-16 read as UTF-8 has it', 'tha\0lamus', 4, 'U+0000'],
  ['a tab', 'left\tkidney', 5, 'U+0009'],
  ['a line break', 'left\nkidney', 5, 'U+000A'],
  ['a carriage return', 'thalamus\rbrainstem', 9, 'U+000D'],
  ['an escape', 'liver\u001b[31m', 6, 'U+001B'],
  ['a C1 control', 'liver\u0085s', 6, 'U+0085'],
  ['a line separator', 'liver\u2028spleen', 6, 'U+2028'],
  ['a paragraph separator', 'liver\u2029spleen', 6, 'U+2029'],
  ['an override of the direction', 'liver\u202enelps', 6, 'U+202E'],
  ['an isolate', 'li\u2066ver', 3, 'U+2066'],
  ['a zero-width space', 'thala\u200bmus', 6, 'U+200B'],
  ['a soft hyphen', 'thala\u00admus', 6, 'U+00AD'],
  ['half a character', 'liver\ud83e s', 6, 'U+D83E'],
  ['the mark of a wrong decoding', 'l\ufffdver', 2, 'U+FFFD'],
] as const)('%s is refused with its place, at whatever index of a list', (_what, text, at, point) => {
  for (const [input, path] of [
    [['liver', text], '1'],
    [['liver', { text }], '1.text'],
    [[{ text, label: 7 }], '0.text'],
  ] as const) {
    const { path: where, message } = refusal(input);
    expect(where).toBe(path);
    expect(message).toContain(`character ${at} is ${point}`);
  }
});

test('letters, marks and joiners of any script are text', () => {
  for (const text of ['foie', 'почка', '肝臓', 'قلب', 'می‌خواهم', 'क्‍ष', 'mass ≥ 3 cm (T2*)', 'head & neck', '🧠']) {
    expect(PromptText.parse(text)).toBe(text.normalize('NFC'));
  }
});

test('white space around a prompt is left out, and one spelling of an accent is the other', () => {
  expect(PromptText.parse('\ufeff liver\r\n')).toBe('liver');
  expect(PromptText.parse('Me\u0301nisque')).toBe('M\u00e9nisque');
  expect(refusal(['  '])).toMatchObject({ path: '0' });
});

test('a record that was accepted once stays readable', () => {
  expect(Prompt.parse({ text: 'left\tkidney', label: 1 })).toEqual({ text: 'left\tkidney', label: 1 });
});
