import { expect, test } from 'vitest';
import { allTasks, findTask, splitJoinedPrompts } from '../../src/index.js';

const withAmpersand = (name: string): string => name.replaceAll(/\band\b/g, '&');

/** Every name and synonym of the catalogue that has an ampersand, or an "and" that people write as one. */
const names = [
  ...new Set(
    allTasks()
      .flatMap(({ name, prompt, synonyms }) => [name, prompt, ...synonyms])
      .filter((name) => /&|\band\b/.test(name))
      .map(withAmpersand),
  ),
];

test('every name of the catalogue with an ampersand survives alone', () => {
  expect(names).toContain('head & neck cancer');
  for (const name of names) {
    expect(name).toContain('&');
    for (const text of [name, name.toUpperCase(), name.replaceAll(' & ', '&'), `CT imaging of the ${name} in CT`]) {
      expect(splitJoinedPrompts(text)).toEqual([text]);
      expect(splitJoinedPrompts(`${text}[SEP]liver`)).toEqual([text, 'liver']);
    }
  }
});

test('and in any list', () => {
  const others = allTasks()
    .map(({ prompt }) => prompt)
    .filter((prompt) => !/&|\band\b/.test(prompt));
  for (const [nth, name] of names.entries()) {
    for (let round = 0; round < 40; round += 1) {
      const [before, after] = [
        others[(nth * 97 + round * 13) % others.length],
        others[(nth * 31 + round * 7) % others.length],
      ];
      const list = [before ?? '', name, after ?? '', names[(nth + round) % names.length] ?? ''];
      expect(splitJoinedPrompts(list.join(' & '))).toEqual(list);
      expect(splitJoinedPrompts(list.join('&'))).toEqual(list);
    }
  }
});

test('such a prompt still names its target', () => {
  expect(findTask('ct', 'head & neck cancer')?.canonical).toBe('head and neck cancer');
});

test('the names of a pack count too', () => {
  const targets = [{ name: 'gray and white matter', synonyms: ['G&W matter'] }];
  expect(splitJoinedPrompts('skull & grey & white matter & g & w matter', targets)).toEqual([
    'skull',
    'grey & white matter',
    'g & w matter',
  ]);
  expect(splitJoinedPrompts('grey & white matter')).toEqual(['grey', 'white matter']);
});

test('a doubled ampersand does not separate, and [SEP] always does', () => {
  expect(splitJoinedPrompts('nuts && bolts & liver')).toEqual(['nuts & bolts', 'liver']);
  expect(splitJoinedPrompts('R&&D')).toEqual(['R&D']);
  expect(splitJoinedPrompts('head[SEP]neck cancer')).toEqual(['head', 'neck cancer']);
  expect(splitJoinedPrompts('liver &  & spleen & ')).toEqual(['liver', 'spleen']);
});

test('a side alone is not a prompt', () => {
  expect(splitJoinedPrompts('left & right kidney & liver')).toEqual(['left & right kidney', 'liver']);
});

test('names without an ampersand are parted as before', () => {
  expect(splitJoinedPrompts('liver & tumor & left kidney&spleen')).toEqual(['liver', 'tumor', 'left kidney', 'spleen']);
});
