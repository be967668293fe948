import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { blobKeys, csvRow, ItemMark, ListMarks, MarkItem, MarkPage } from '@parse3d/contract';
import { Problem } from '@parse3d/contract/problems';
import { listAll, readListed, writeJson } from '@parse3d/storage';
import { z } from 'zod';
import { findBatch } from '../batches/find.js';
import type { ApiDeps } from '../deps.js';
import { json } from '../http/answers.js';
import { jsonBody } from '../http/body.js';
import { operation } from '../http/operation.js';
import { BatchParams } from './batches.js';

/** What people think of the results of a batch: an object each, removed with the batch. */
export const markRoutes = [
  operation({
    method: 'post',
    path: '/v1/batches/{id}/marks',
    scope: 'jobs:write',
    params: BatchParams,
    body: jsonBody(MarkItem),
    id: 'markItem',
    summary: 'Mark a result of a batch as good or bad',
    description: 'With a note if you like. A second mark takes the place of the first; `null` takes it back.',
    tag: 'batches',
    answers: { '200': json(ItemMark, 'The mark.'), '204': { description: 'It is taken back.' } },
    errors: { notFound: 'batch' },
    async handler({ params: { id }, body: { ordinal, mark, note }, caller, response }, deps) {
      const { batch } = await findBatch(id, caller.tenant, deps);
      if (ordinal >= batch.total) {
        throw new Problem('request-invalid', `expected an ordinal below ${batch.total}, got ${ordinal}`, { ordinal });
      }
      const { primary } = deps.stores;
      const key = blobKeys.batchMark(batch.batchId, ordinal);
      if (mark === null) {
        await primary.delete(key);
        response.status(204).end();
        return;
      }
      const [item] = await deps.control.batches.acceptedItems(batch, ordinal, 1);
      const said: ItemMark = {
        ordinal,
        uri: item?.uri ?? '',
        mark,
        ...(note === undefined || note === '' ? {} : { note }),
        markedAt: new Date().toISOString(),
        keyId: caller.id,
      };
      await writeJson(primary, key, said);
      response.json(said);
    },
  }),

  operation({
    method: 'get',
    path: '/v1/batches/{id}/marks',
    scope: 'jobs:read',
    params: BatchParams,
    query: ListMarks,
    id: 'listMarks',
    summary: 'List what was marked in a batch',
    tag: 'batches',
    answers: { '200': json(MarkPage, 'A page, in the order of the batch.') },
    errors: { notFound: 'batch' },
    async handler({ params: { id }, query: { after, limit }, caller, response }, deps) {
      const { batch } = await findBatch(id, caller.tenant, deps);
      const prefix = blobKeys.batchMarksPrefix(batch.batchId);
      const startAfter = after === undefined ? undefined : blobKeys.batchMark(batch.batchId, after);
      const { blobs, next } = await deps.stores.primary.list({ prefix, startAfter, limit });
      const read = await Promise.all(blobs.map(({ key }) => readMark(key, deps)));
      const marks = read.filter((mark) => mark !== undefined);
      // By its name: the last one of a page may be one that cannot be read.
      const last = blobs.at(-1);
      const more = next !== undefined && last !== undefined;
      response.json({ marks, ...(more ? { next: Number(last.key.slice(prefix.length, -'.json'.length)) } : {}) });
    },
  }),

  operation({
    method: 'get',
    path: '/v1/batches/{id}/marks.csv',
    scope: 'jobs:read',
    params: BatchParams,
    id: 'getMarksTable',
    summary: 'Download what was marked as a table',
    description: 'A row per marked volume; `ordinal` is that of `summary.csv`.',
    tag: 'batches',
    answers: { '200': { description: 'The table.', content: { 'text/csv': { schema: z.string() } } } },
    errors: { notFound: 'batch' },
    async handler({ params: { id }, caller, response }, deps) {
      const { batch } = await findBatch(id, caller.tenant, deps);
      response.attachment(`marks-${id.slice(0, 8)}.csv`).type('text/csv; charset=utf-8');
      await pipeline(Readable.from(rowsOf(batch.batchId, deps)), response);
    },
  }),
];

async function* rowsOf(batchId: string, deps: ApiDeps): AsyncGenerator<string> {
  yield csvRow(['ordinal', 'uri', 'mark', 'note', 'marked_at', 'key']);
  for await (const { key } of listAll(deps.stores.primary, blobKeys.batchMarksPrefix(batchId))) {
    const mark = await readMark(key, deps);
    if (mark === undefined) continue;
    yield csvRow([mark.ordinal, mark.uri, mark.mark, mark.note ?? null, mark.markedAt, mark.keyId]);
  }
}

/** One that cannot be read is passed over and counted with the other records of its kind. */
const readMark = (key: string, { stores, control }: ApiDeps): Promise<ItemMark | undefined> =>
  readListed(stores.primary, key, ItemMark, control.unreadable.note);
