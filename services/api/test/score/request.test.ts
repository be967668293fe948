import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { isProblem } from '@parse3d/contract/problems';
import { expect, test } from 'vitest';
import { encodeBase64 } from '../../src/score/base64.js';
import { readScoreRequest } from '../../src/score/request.js';

let state = 20_250;
/** The same numbers from 0 to 1 in every run. */
function random(): number {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
  return state / 2 ** 32;
}

/** The text in pieces of random lengths, from one byte on. */
async function* inPieces(text: string, longest: number): AsyncGenerator<Buffer> {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length;) {
    const next = at + 1 + Math.floor(random() * longest);
    yield bytes.subarray(at, next);
    at = next;
  }
}

const read = (text: string, longest = 7) =>
  readScoreRequest(inPieces(text, longest), async (image) => {
    const pieces: Buffer[] = [];
    for await (const piece of image) pieces.push(Buffer.from(piece));
    return Buffer.concat(pieces);
  });

const withLines = (bytes: Buffer): string => bytes.toString('base64').replace(/.{76}/g, '$&\n');

test.each([0, 1, 2, 3, 4, 5, 56, 57, 58, 1000, 4321])(
  '%i bytes come out as they went in, wherever the body is cut',
  async (size) => {
    const image = randomBytes(size);
    for (const encoded of [image.toString('base64'), `${withLines(image)}\n`]) {
      const row = [encoded, 'a “quoted” & [SEP] prompt, ünïcode \\ "too"'];
      const body = { input_data: { columns: ['image', 'text'], index: [0], data: [row, row] } };
      for (const text of [
        JSON.stringify(body),
        JSON.stringify(body, null, 2),
        JSON.stringify(body).replaceAll('/', '\\/'),
      ]) {
        for (const longest of [1, 5, 100, 1e6]) {
          const rows = await read(text, longest);
          expect(rows).toHaveLength(2);
          for (const found of rows) {
            expect(found.image.equals(image)).toBe(true);
            expect(found.text).toBe(row[1]);
          }
        }
      }
    }
  },
);

test('an image may be a data: URL of any media type, wherever the body is cut', async () => {
  for (const size of [0, 1, 5, 300]) {
    const image = randomBytes(size);
    const base64 = image.toString('base64');
    for (const head of [
      'data:application/octet-stream;base64,',
      'data:;base64,',
      'DATA:image/nifti+gzip;name="a.nii.gz";Base64,',
      '',
    ]) {
      const body = { input_data: { columns: ['image', 'text'], data: [[`${head}${base64}`, 'bone']] } };
      for (const longest of [1, 7, 1e6]) {
        const [row] = await read(JSON.stringify(body), longest);
        expect(row?.image.equals(image), `${head} ${size} ${longest}`).toBe(true);
      }
    }
  }
});

test('base64 that begins as a data: URL does is base64', async () => {
  for (const longest of [1, 100]) {
    const [row] = await read('{"input_data": {"columns": ["text", "image"], "data": [["bone", "data"]]}}', longest);
    expect(row?.image).toEqual(Buffer.from('data', 'base64'));
  }
});

test('params may come before or after the data, as long as nothing is in them', async () => {
  const data = '"input_data": {"columns": ["text", "image"], "data": [["bone", "AAEC"]]}';
  for (const body of [`{${data}, "params": {}}`, `{"params": {}, ${data}}`, `{"params": null, ${data}}`]) {
    expect(await read(body)).toHaveLength(1);
  }
});

test('the columns say which cell is which, and the index may come last', async () => {
  const rows = await read('{"input_data": {"columns": ["text", "image"], "data": [["bone", "AAEC"]], "index": [7]}}');
  expect(rows).toEqual([{ text: 'bone', image: Buffer.from([0, 1, 2]) }]);
});

test.each([
  ['nothing', ''],
  ['a list', '[]'],
  ['a key without a value', '{"input_data"}'],
  ['an unknown key', '{"input_data": {"columns": ["image", "text"], "data": [["AAAA", "a"]], "more": 1}}'],
  ['input_data twice', '{"input_data": {"columns": ["image","text"], "data": [["AAAA","a"]]}, "input_data": {}}'],
  [
    'params with something in them',
    '{"params": {"threshold": 1}, "input_data": {"columns": ["image","text"], "data": []}}',
  ],
  ['params that are a list', '{"params": [], "input_data": {"columns": ["image","text"], "data": [["AAAA","a"]]}}'],
  [
    'a data: URL that is not base64',
    '{"input_data": {"columns": ["image","text"], "data": [["data:text/plain,AAAA","a"]]}}',
  ],
  ['a data: URL of a head alone', '{"input_data": {"columns": ["image","text"], "data": [["data:;base64","a"]]}}'],
  [
    'a data: URL with an endless head',
    `{"input_data": {"columns": ["image","text"], "data": [["data:${'a'.repeat(9_000)}`,
  ],
  ['three cells', '{"input_data": {"columns": ["image", "text"], "data": [["AAAA", "a", "b"]]}}'],
  ['one cell', '{"input_data": {"columns": ["image", "text"], "data": [["AAAA"]]}}'],
  ['a number for a text', '{"input_data": {"columns": ["image", "text"], "data": [["AAAA", 5]]}}'],
  ['a number for an image', '{"input_data": {"columns": ["image", "text"], "data": [[5, "a"]]}}'],
  ['an end inside the image', '{"input_data": {"columns": ["image", "text"], "data": [["AAAA'],
  ['an unknown escape', '{"input_data": {"columns": ["image", "text"], "data": [["AA\\qA", "a"]]}}'],
  ['padding in the middle', '{"input_data": {"columns": ["image", "text"], "data": [["AA==AAAA", "a"]]}}'],
  ['too much padding', '{"input_data": {"columns": ["image", "text"], "data": [["A===", "a"]]}}'],
  ['a long text', `{"input_data": {"columns": ["image", "text"], "data": [["AAAA", "${'a'.repeat(70_000)}"]]}}`],
  ['a key of megabytes', `{"${'a'.repeat(3_000_000)}": 1}`],
  ['brackets without end', '{"input_data": {"index": ' + '['.repeat(100_000)],
  [
    'more rows than are taken',
    `{"input_data": {"columns": ["image", "text"], "data": [${Array(33).fill('["AAAA","a"]').join()}]}}`,
  ],
])('%s is refused', async (_what, text) => {
  const outcome: unknown = await read(text, 1e5).catch((error: unknown) => error);
  expect(isProblem(outcome, 'request-invalid'), String(outcome)).toBe(true);
});

test('encoding in pieces gives one line of base64', async () => {
  const bytes = randomBytes(10_001);
  let text = '';
  for await (const piece of encodeBase64(Readable.from(inPieces(bytes.toString('latin1'), 10)))) text += piece;
  expect(text).toBe(Buffer.from(bytes.toString('latin1')).toString('base64'));
});
