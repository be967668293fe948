import { Problem } from '@parse3d/contract/problems';
import { z } from 'zod';
import { decodeBase64 } from './base64.js';
import { base64OfImage } from './data-url.js';
import { JsonCursor } from './json-cursor.js';

/** Most rows of one request. */
const MAX_ROWS = 32;
const MAX_TEXT_BYTES = 64 * 1024;

const Columns = z.array(z.enum(['image', 'text'])).length(2);

/** One row: what became of the image, and the prompts as written. */
export interface ScoreRow<T> {
  readonly image: T;
  readonly text: string;
}

/**
 * Reads `{"input_data": {"columns": ["image", "text"], "index": [0], "data": [["<base64>", "prompt & prompt"]]}, "params":
 * {}}` as it arrives; an image may also be a `data:` URL. Every image goes decoded through `store` and is never held as a
 * whole.
 * @throws Problem `request-invalid`, and whatever `store` throws
 */
export async function readScoreRequest<T>(
  body: AsyncIterable<unknown>,
  store: (image: AsyncIterable<Buffer>) => Promise<T>,
): Promise<ScoreRow<T>[]> {
  const json = new JsonCursor(body);
  let rows: ScoreRow<T>[] | undefined;
  await json.each('{', async () => {
    const key = await json.key();
    if (key === 'params') await readParams(json);
    else if (key === 'input_data' && rows === undefined) rows = await readInputData(json, store);
    else throw unexpected(key, 'input_data and params');
  });
  await json.end();
  if (rows === undefined || rows.length === 0) throw new Problem('request-invalid', 'input_data.data: expected a row');
  return rows;
}

const NoParams = z.strictObject({}).nullable();

/** Clients of the hosted endpoint send an empty object. What it held otherwise would be dropped without a word. */
async function readParams(json: JsonCursor): Promise<void> {
  if (NoParams.safeParse(await json.small(MAX_TEXT_BYTES)).success) return;
  throw new Problem('request-invalid', 'params: expected {}; pack and modality go into the query of the URL');
}

async function readInputData<T>(
  json: JsonCursor,
  store: (image: AsyncIterable<Buffer>) => Promise<T>,
): Promise<ScoreRow<T>[]> {
  const rows: ScoreRow<T>[] = [];
  let columns: readonly ('image' | 'text')[] | undefined;
  await json.each('{', async () => {
    const key = await json.key();
    if (key === 'index') {
      await json.small(MAX_TEXT_BYTES);
    } else if (key === 'columns') {
      const parsed = Columns.safeParse(await json.small(1024));
      if (!parsed.success || parsed.data[0] === parsed.data[1]) {
        throw new Problem('request-invalid', 'input_data.columns: expected ["image", "text"]');
      }
      columns = parsed.data;
    } else if (key === 'data') {
      const names = columns;
      // The columns say which of the cells is the image, and that must be known before it comes.
      if (names === undefined) throw new Problem('request-invalid', 'input_data: expected columns before data');
      await json.each('[', async (index) => {
        if (index >= MAX_ROWS) throw new Problem('request-invalid', `input_data.data: at most ${MAX_ROWS} rows`);
        rows.push(await readRow(json, names, store));
      });
    } else {
      throw unexpected(key, 'columns, index and data');
    }
  });
  return rows;
}

async function readRow<T>(
  json: JsonCursor,
  columns: readonly ('image' | 'text')[],
  store: (image: AsyncIterable<Buffer>) => Promise<T>,
): Promise<ScoreRow<T>> {
  let image: { stored: T } | undefined;
  let text: unknown;
  await json.each('[', async (index) => {
    if (columns[index] === 'image') image = { stored: await store(decodeBase64(base64OfImage(json.longString()))) };
    else if (columns[index] === 'text') text = await json.small(MAX_TEXT_BYTES);
    else throw new Problem('request-invalid', 'input_data.data: a row has more than two cells');
  });
  if (image === undefined || typeof text !== 'string') {
    throw new Problem('request-invalid', 'input_data.data: expected rows of an image in base64 and a text');
  }
  return { image: image.stored, text };
}

const unexpected = (key: string, expected: string): Problem =>
  new Problem('request-invalid', `expected ${expected}, got the key ${JSON.stringify(key.slice(0, 64))}`);
