import { afterEach, expect, test } from 'vitest';
import { askAgain } from '../src/segment/again.js';
import * as draft from '../src/segment/draft.js';

afterEach(() => {
  draft.source.value = undefined;
  draft.rows.value = [draft.newRow()];
});

test('a job asked again is the same volume where it lies, with its prompts, their colours and its pack', () => {
  askAgain({
    id: '01890000-0000-7000-8000-000000000000',
    status: 'completed',
    run: 1,
    input: { uri: 'local://parse3d/uploads/default/a/volume.nii.gz', bytes: 10 },
    prompts: [
      { text: 'left thalamus', label: 1 },
      { text: 'left putamen', label: 7, instances: true },
    ],
    pack: { id: 'starter-brain-mr', version: '1.0.0' },
    modality: 'mr',
    lane: 'interactive',
    metadata: { 'colour.7': '#ff5533', study: 'a' },
    title: 'Pilot 3',
    tags: ['pilot', 'baseline'],
    createdAt: '2026-01-01T00:00:00Z',
  });
  expect(draft.source.value).toEqual({ kind: 'stored', uri: 'local://parse3d/uploads/default/a/volume.nii.gz' });
  expect(draft.rows.value).toMatchObject([
    { text: 'left thalamus', colour: undefined, instances: false },
    { text: 'left putamen', colour: '#ff5533', instances: true },
  ]);
  expect([draft.title.value, draft.tags.value]).toEqual(['Pilot 3', 'pilot, baseline']);
  expect([draft.packId.value, draft.modality.value]).toEqual(['starter-brain-mr', 'mr']);
});
