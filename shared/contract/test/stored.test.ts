import { expect, test } from 'vitest';
import { z } from 'zod';
import { blobKeys, parseBlobKeys, parseStored } from '@parse3d/contract';

const Document = z.strictObject({
  name: z.string(),
  parts: z.array(z.strictObject({ size: z.int() })),
  form: z.union([
    z.strictObject({ kind: z.literal('round'), radius: z.number() }),
    z.strictObject({ kind: z.literal('square'), side: z.number() }),
  ]),
  window: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('none') }),
    z.strictObject({ kind: z.literal('fixed'), level: z.number() }),
  ]),
});
const document = {
  name: 'a',
  parts: [{ size: 1 }, { size: 2 }],
  form: { kind: 'square', side: 2 },
  window: { kind: 'fixed', level: 40 },
} as const;

test('fields of the next version are left out at every depth, and the document itself stays as it was', () => {
  const tomorrow = {
    ...document,
    added: true,
    parts: [{ size: 1, added: { deep: [] } }, { size: 2 }],
    form: { ...document.form, added: 1 },
    window: { ...document.window, added: 1 },
  };
  const before = structuredClone(tomorrow);
  expect(parseStored(Document, tomorrow)).toEqual(document);
  expect(tomorrow).toEqual(before);
});

test('what is wrong or missing is refused as at the edge', () => {
  for (const wrong of [
    { ...document, name: 1 },
    { ...document, parts: [{}] },
    { ...document, form: { kind: 'oval' } },
    7,
  ]) {
    expect(() => parseStored(Document, wrong)).toThrow(z.ZodError);
  }
});

test('a key is read back into what it was made of, and no other key is', () => {
  const id = '018f3c4a-0000-7000-8000-000000000001';
  expect(parseBlobKeys.pending(blobKeys.pending(id, 3))).toEqual({ jobId: id, run: 3 });
  expect(parseBlobKeys.manifest(blobKeys.manifest(id, 2))).toEqual({ jobId: id, run: 2 });
  expect(parseBlobKeys.openBatch(blobKeys.openBatch(id))).toBe(id);
  const due = { tenant: 't', endpointId: id, deliveryId: `8226389999999-${id}` };
  expect(parseBlobKeys.outbox(blobKeys.outbox(due.tenant, due.endpointId, due.deliveryId))).toEqual(due);
  expect(parseBlobKeys.delivery(blobKeys.delivery(id, due.deliveryId))).toBe(due.deliveryId);
  const rule = { tenant: 't', ruleId: id };
  expect(parseBlobKeys.ruleWaiting(blobKeys.ruleWaiting('t', id, 'a'.repeat(64)))).toEqual(rule);
  expect(parseBlobKeys.ruleGone(blobKeys.ruleGone('t', id))).toEqual(rule);
  expect(parseBlobKeys.ruleBatch(blobKeys.ruleBatch(id, 12))).toBe(12);
  const upload = { tenant: 't', uploadId: id };
  expect(parseBlobKeys.upload(blobKeys.upload('t', id, 'v.nii'))).toEqual(upload);
  expect(parseBlobKeys.uploadMark(blobKeys.uploadGone('t', id))).toEqual(upload);
  expect(parseBlobKeys.uploadMark(blobKeys.uploadReleased('t', id))).toEqual(upload);
  expect(parseBlobKeys.batch(blobKeys.batch(id))).toEqual({ batchId: id, name: 'batch.json' });
  for (const parse of Object.values(parseBlobKeys)) {
    for (const other of ['uploads/t/v.nii', 'batches/b/batch.json', blobKeys.tenant('t'), `${id}.json`]) {
      expect(parse(other)).toBeUndefined();
    }
  }
});
