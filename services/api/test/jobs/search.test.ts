import { JobRequest } from '@parse3d/contract';
import { expect, test } from 'vitest';
import { passes, type JobFilter } from '../../src/jobs/search.js';

const job = JobRequest.parse({
  jobId: '0192f0c1-7a3b-7000-8000-000000000001',
  run: 1,
  tenant: 'lab',
  input: { uri: 's3://scans/study-1/Head.nii.gz', etag: '"1"', bytes: 10 },
  prompts: [{ text: 'left hippocampus', label: 1 }],
  pack: { id: 'starter-brain-mr', version: '1.0.0' },
  modality: 'mr',
  outputs: {},
  options: {},
  lane: 'interactive',
  metadata: { secret: 'word' },
  title: 'Pilot Größe 3',
  tags: ['Baseline'],
  createdAt: '2026-01-01T00:00:00Z',
  requestSha256: 'x',
});
const found = (filter: JobFilter): boolean => passes(job, 'completed', filter);

test('every word of a search stands somewhere in title, tags, prompts, pack or name, whatever its case', () => {
  for (const q of ['', 'pilot', 'GRÖßE', 'BASE', 'hippo left', 'brain 3', 'head.nii', '0192f0c1', ' ']) {
    expect(found({ q }), q).toBe(true);
  }
  for (const q of ['pilot 4', 'right', 'scans', 'word', '7a3b']) expect(found({ q }), q).toBe(false);
});

test('composed and decomposed letters are one', () => {
  expect(found({ q: 'größe'.normalize('NFD') })).toBe(true);
});

test('state, pack, tag and volume are exact, and all of them have to fit', () => {
  expect(found({ status: 'completed', pack: 'starter-brain-mr', tag: 'Baseline', input: job.input.uri })).toBe(true);
  expect(found({ status: 'failed' })).toBe(false);
  expect(found({ pack: 'starter' })).toBe(false);
  expect(found({ tag: 'base' })).toBe(false);
  expect(found({ input: 's3://scans/study-1/' })).toBe(false);
});
