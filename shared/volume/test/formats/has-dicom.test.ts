import { expect, test } from 'vitest';
import { hasDicom } from '../../src/formats/index.js';

const dicom = Buffer.concat([Buffer.alloc(128), Buffer.from('DICM')]);

test('what lies beside the images hides them from nobody: all are looked at, one of each form of name first', async () => {
  const looked: string[] = [];
  const candidate = (name: string, bytes: Buffer) => ({
    name,
    bytes: bytes.length,
    start: () => {
      looked.push(name);
      return Promise.resolve(bytes);
    },
  });
  const notes = Array.from({ length: 100 }, (_, n) => candidate(`note-${n}.txt`, Buffer.alloc(200, 'x')));
  expect(await hasDicom([...notes, candidate('IM001', dicom)])).toBe(true);
  expect(looked.length).toBeLessThanOrEqual(16);
  expect(await hasDicom([...notes, candidate('note-100.txt', dicom)])).toBe(true);
  looked.length = 0;
  expect(await hasDicom([...notes, candidate('empty', Buffer.alloc(0))])).toBe(false);
  expect(looked).toHaveLength(100);
});
