import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Prompt } from '@parse3d/contract';
import { scratchFolder } from '@parse3d/testing';
import { expect, test } from 'vitest';
import { batchSource } from '../src/batches/source.js';
import { UsageError } from '../src/errors/kinds.js';
import { readPrompts } from '../src/options/prompts.js';

async function fromFile(text: string | Buffer, prompt: string[] = [], name = 'prompts.txt'): Promise<unknown> {
  const folder = await scratchFolder('prompts');
  try {
    const prompts = join(folder.path, name);
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

const two = [
  { text: 'thalamus', label: 1 },
  { text: 'brainstem', label: 2 },
];

test.each<[what: string, file: string | Buffer]>([
  ['UTF-16LE, as PowerShell writes it', Buffer.from('\ufeffthalamus\r\nbrainstem\r\n', 'utf16le')],
  ['UTF-16BE', Buffer.from('\ufeffthalamus\nbrainstem\n', 'utf16le').swap16()],
  ['UTF-8 with a mark', '\ufeffthalamus\nbrainstem'],
  ['line ends of an old Mac', 'thalamus\rbrainstem\r'],
  ['a table', '1,thalamus\n2,brainstem\n'],
  ['a table in quotes with semicolons', '"1";"thalamus"\r\n"2";"brainstem"\r\n'],
  ['a table with a header', '# of the study\nlabel,prompt\n1,thalamus\n2,brainstem\n'],
])('%s says the same', async (_what, file) => {
  expect(await fromFile(file)).toEqual(two);
  expect(await fromFile(file, [], 'PROMPTS.CSV')).toEqual(two);
});

test('a comma without a number before it belongs to the prompt, but in a table it needs quotes', async () => {
  expect(await fromFile('tumor, left\n')).toEqual([{ text: 'tumor, left', label: 1 }]);
  expect(await fromFile('4,"tumor, left"\n', [], 'a.csv')).toEqual([{ text: 'tumor, left', label: 4 }]);
  expect(await fromFile('thalamus\nbrainstem\n', [], 'a.csv')).toEqual(two);
  for (const text of ['liver\ntumor, left\n', 'liver\n4,tumor,left\n', 'liver\nbrainstem,2\n']) {
    await expect(fromFile(text, [], 'a.csv')).rejects.toMatchObject({
      code: 'request-invalid',
      message: expect.stringMatching(/a\.csv, line 2: expected a label number and a prompt/) as string,
    });
  }
});

test.each<[what: string, file: string | Buffer, message: RegExp]>([
  ['UTF-16 without its mark', Buffer.from('thalamus\n', 'utf16le'), /line 1 has a NUL character/],
  ['Latin-1', Buffer.from('liver\nMénisque\n', 'latin1'), /line 2 is not utf-8/],
  ['a control character', 'liver\n# two\nsp\u0007leen\n', /line 3: .*character 3 is U\+0007/],
  ['a line separator', 'liver\nthalamus\u2028brainstem\n', /line 2: .*U\+2028/],
  ['a changed direction', 'liver\n\u202espleen\n', /line 2: .*U\+202E/],
])('%s in a file is refused with its line', async (_what, file, message) => {
  await expect(fromFile(file)).rejects.toMatchObject({
    code: 'request-invalid',
    message: expect.stringMatching(message) as string,
  });
});

test('a control character of --prompt is refused with its place', async () => {
  await expect(readPrompts({ prompt: ['liver', 'tha\0lamus'] })).rejects.toMatchObject({
    code: 'request-invalid',
    message: expect.stringMatching(/^prompt 2: .*character 4 is U\+0000/) as string,
    fields: { index: 1 },
  });
});

test('a list of volumes is read as prompts are', async () => {
  const lines = ['s3://scans/a.nii', '{"uri": "s3://scans/b.nii", "prompts": ["liver"]}'];
  const items = [{ uri: 's3://scans/a.nii' }, { uri: 's3://scans/b.nii', prompts: ['liver'] }];
  const folder = await scratchFolder('list');
  const list = join(folder.path, 'list.txt');
  try {
    for (const bytes of [Buffer.from(`\ufeff${lines.join('\r\n')}`, 'utf16le'), Buffer.from(lines.join('\r'))]) {
      await writeFile(list, bytes);
      expect(await batchSource([], { bids: false, dicom: false, entity: [], list })).toEqual({ kind: 'items', items });
    }
    await writeFile(list, `${lines[0]}\n{"uri": "s3://scans/b.nii", "prompts": ["li\\u0000ver"]}`);
    await expect(batchSource([], { bids: false, dicom: false, entity: [], list })).rejects.toMatchObject({
      code: 'request-invalid',
      message: expect.stringMatching(/line 2: prompts\.0: .*U\+0000/) as string,
    });
  } finally {
    await folder.remove();
  }
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
