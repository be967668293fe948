import { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import { linesOf, textOf } from '../../src/text/index.js';

async function read(chunks: Iterable<Uint8Array>, maxCharacters = 100): Promise<string[]> {
  const lines: string[] = [];
  for await (const { number, text } of linesOf(Readable.from(chunks), { name: 'list', maxCharacters }))
    lines.push(`${number} ${text}`);
  return lines;
}

test('lines are put together from chunks that cut them, and characters, anywhere', async () => {
  const bytes = Buffer.from('one\r\nzwölf\n\nlast');
  const single = Array.from(bytes, (_, index) => bytes.subarray(index, index + 1));
  const lines = ['1 one', '2 zwölf', '3 ', '4 last'];
  expect(await read(single)).toEqual(lines);
  expect(await read([bytes])).toEqual(lines);
  expect(await read([])).toEqual([]);
});

test('a line without an end is refused before all of it is held', async () => {
  let sent = 0;
  const endless = function* (): Generator<Buffer> {
    for (; sent < 1_000; sent++) yield Buffer.alloc(1_024, 'x');
  };
  await expect(read([Buffer.from('ok\n')])).resolves.toEqual(['1 ok']);
  await expect(read(endless(), 4_096)).rejects.toMatchObject({ code: 'request-invalid', fields: { line: 1 } });
  expect(sent).toBeLessThan(100);
});

const marked = (encoding: 'utf16le' | 'utf16be', text: string): Buffer => {
  const bytes = Buffer.from(`\ufeff${text}`, 'utf16le');
  return encoding === 'utf16le' ? bytes : bytes.swap16();
};
const bytewise = (bytes: Buffer): Buffer[] => Array.from(bytes, (_, index) => bytes.subarray(index, index + 1));

test('a byte order mark decides the encoding, wherever the text is cut', async () => {
  const text = 'zwölf\r\n🧠\nlast\n';
  const lines = ['1 zwölf', '2 🧠', '3 last'];
  for (const bytes of [
    Buffer.from(text),
    Buffer.from(`\ufeff${text}`),
    marked('utf16le', text),
    marked('utf16be', text),
  ]) {
    expect(await read([bytes])).toEqual(lines);
    expect(await read(bytewise(bytes))).toEqual(lines);
    expect(textOf(bytes)).toBe('zwölf\n🧠\nlast');
  }
  // Nothing but a mark, or less than one, is not a line.
  for (const bytes of [Buffer.from('\ufeff'), marked('utf16le', ''), Buffer.alloc(0)]) {
    expect(await read(bytewise(bytes))).toEqual([]);
  }
});

test('\\n, \\r\\n and \\r end a line, also at the cut', async () => {
  const bytes = Buffer.from('a\rb\r\nc\n\rd\r');
  const lines = ['1 a', '2 b', '3 c', '4 ', '5 d'];
  expect(await read([bytes])).toEqual(lines);
  expect(await read(bytewise(bytes))).toEqual(lines);
});

test.each([
  ['Latin-1', Buffer.from('liver\nMÜLLER\n', 'latin1'), /^list, line 2 is not utf-8/],
  ['a character that is cut off at the end', Buffer.from('a\nb\nü').subarray(0, 5), /^list, line 3 is not utf-8/],
  ['half a character of UTF-16', Buffer.from('\ufeffa\n\ud83e', 'utf16le'), /^list, line 2 is not utf-16le/],
  ['UTF-16 without its mark', Buffer.from('liver\n', 'utf16le'), /^list, line 1 has a NUL/],
  ['UTF-32', Buffer.from([0xff, 0xfe, 0, 0, 0x61, 0, 0, 0]), /^list, line 1 is UTF-32/],
])('%s is refused with its line', async (_what, bytes, message) => {
  const refusal = { code: 'request-invalid', message: expect.stringMatching(message) as string };
  await expect(read([bytes])).rejects.toMatchObject(refusal);
  await expect(read(bytewise(bytes))).rejects.toMatchObject(refusal);
});

test('a replacement character that was written as one is text', async () => {
  expect(await read([Buffer.from('s3://scans/b\ufffdd.nii\n')])).toEqual(['1 s3://scans/b\ufffdd.nii']);
});
