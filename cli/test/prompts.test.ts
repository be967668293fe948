import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { scratchFolder } from '@parse3d/testing';
import { expect, test } from 'vitest';
import { UsageError } from '../src/errors/kinds.js';
import { readPrompts } from '../src/options/prompts.js';

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
