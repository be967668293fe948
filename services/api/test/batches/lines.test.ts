import { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import { linesOf } from '../../src/batches/lines.js';

async function read(chunks: Iterable<Uint8Array>, maxCharacters = 100): Promise<string[]> {
  const lines: string[] = [];
  for await (const { number, text } of linesOf(Readable.from(chunks), maxCharacters)) lines.push(`${number} ${text}`);
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
