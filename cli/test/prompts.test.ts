import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Prompt } from '@parse3d/contract';
import { scratchFolder } from '@parse3d/testing';
import { expect, test } from 'vitest';
import { UsageError } from '../src/errors.js';
import { readPrompts } from '../src/prompts.js';

async function fromFile(text: string, prompt: string[] = []): Promise<unknown> {
  const folder = await scratchFolder('prompts');
  try {
    const prompts = join(folder.path, 'prompts.txt');
    await writeFile(prompts, text);
    return await readPrompts({ prompt, prompts });
  } finally {
    await folder.remove();
  }
}

test('prompts are numbered by their place, those of the command before those of the file', async () => {
  expect(await fromFile('# targets\n\nleft kidney\r\n  liver  \n', ['spleen'])).toEqual([
    { text: 'spleen', label: 1 },
    { text: 'left kidney', label: 2 },
    { text: 'liver', label: 3 },
  ]);
});

test('a number before a tab is the label', async () => {
  expect(await fromFile('12\tleft kidney\n7\tliver\n')).toEqual([
    { text: 'left kidney', label: 12 },
    { text: 'liver', label: 7 },
  ]);
});

test('what cannot be read is refused with its place', async () => {
  await expect(fromFile('liver\nkidney\tleft\n')).rejects.toMatchObject({
    code: 'request-invalid',
    message: expect.stringMatching(/line 2: expected a label number before the tab, got "kidney"/),
  });
  await expect(fromFile('3\tliver\n3\tkidney\n')).rejects.toMatchObject({ code: 'request-invalid' });
  await expect(fromFile('70000\tliver\n')).rejects.toMatchObject({ code: 'request-invalid' });
  await expect(readPrompts({ prompt: [], prompts: '/none/prompts.txt' })).rejects.toMatchObject({ code: 'not-found' });
});

test('no prompt at all is wrong usage', async () => {
  await expect(readPrompts({ prompt: [] })).rejects.toBeInstanceOf(UsageError);
  await expect(fromFile('# nothing\n')).rejects.toBeInstanceOf(UsageError);
});

test('objects are asked for of all prompts or of some, and limits only where there are objects', async () => {
  const prompt = ['nuclei', 'cell', 'liver'];
  const wish = { instances: true, minVoxels: 20 };
  expect(await readPrompts({ prompt, ...wish })).toEqual(prompt.map((text, n) => ({ text, label: n + 1, ...wish })));
  expect(await readPrompts({ prompt, instancesOf: [1, 2], minMl: 0.5 })).toEqual([
    { text: 'nuclei', label: 1, instances: true, minMl: 0.5 },
    { text: 'cell', label: 2, instances: true, minMl: 0.5 },
    { text: 'liver', label: 3 },
  ]);
  await expect(readPrompts({ prompt, instancesOf: [4] })).rejects.toThrow('--instances-of 4: no prompt has this label');
  await expect(readPrompts({ prompt, minVoxels: 2 })).rejects.toBeInstanceOf(UsageError);
  // A file that wants objects is asked for none again.
  const file = (): Promise<Prompt[]> => Promise.resolve([{ text: 'nuclei', label: 1, instances: true }]);
  expect(await readPrompts({ prompt: [], minVoxels: 2 }, file)).toEqual([
    { text: 'nuclei', label: 1, instances: true, minVoxels: 2 },
  ]);
});
