import { expect, test } from 'vitest';
import type { BatchDraft, JobDraft } from '../src/api/calls.js';
import { batchRecipes } from '../src/components/batch-recipes.js';
import { recipes } from '../src/components/recipes.js';

test('title and tags of a job are part of the command', () => {
  const draft = { input: { uri: 's3://scans/a.nii.gz' }, prompts: ['bone'], title: 'Pilot 3', tags: ['a', 'b c'] };
  const text = recipes(draft, 'http://127.0.0.1:8080', undefined).find(({ id }) => id === 'cli')?.text;
  expect(text).toContain("  --title 'Pilot 3' \\\n  --tag a \\\n  --tag 'b c' \\\n");
});

test('the command line names everything that the job was asked for, label numbers too', () => {
  const draft = {
    input: { uri: 's3://scans/a.nii.gz' },
    prompts: [
      { text: "Baker's cyst", label: 7 },
      { text: 'bone', label: 3 },
    ],
    pack: 'big',
    modality: 'ct',
    outputs: { masks: true, volume: true, segNrrd: true, dicomSeg: true, probabilities: 'uint8' },
    options: {
      seed: 4,
      window: { width: 400, level: -40.5 },
      schedule: 'adaptive',
      samples: 3,
      resample: 'smooth',
      overlap: 'most-specific',
    },
  } satisfies JobDraft;
  const text = recipes(draft, 'http://127.0.0.1:8080', undefined).find(({ id }) => id === 'cli')?.text;
  expect(text).toBe(`export PARSE3D_URL=http://127.0.0.1:8080    # and PARSE3D_API_KEY
JOB=$(parse3d submit s3://scans/a.nii.gz \\
  --prompts <(printf '%s\\t%s\\n' 7 'Baker'\\''s cyst' 3 bone) \\
  --pack big \\
  --modality ct \\
  --masks \\
  --volume \\
  --seg-nrrd \\
  --dicom-seg \\
  --probabilities uint8 \\
  --seed 4 \\
  --window 400,-40.5 \\
  --schedule adaptive \\
  --samples 3 \\
  --resample smooth \\
  --overlap most-specific \\
  --json | jq -r .id)
parse3d watch "$JOB"
parse3d results "$JOB" --out found
`);
});

test('a plain request stays short', () => {
  const draft = {
    input: { uri: 's3://scans/a.nii.gz' },
    prompts: ['bone'],
    outputs: { probabilities: 'none' },
  } satisfies JobDraft;
  const text = recipes(draft, 'http://h', undefined).find(({ id }) => id === 'cli')?.text;
  expect(text).toContain('JOB=$(parse3d submit s3://scans/a.nii.gz \\\n  --prompt bone \\\n  --json | jq -r .id)');
});

test('the command line asks for objects of the same prompts', () => {
  const cli = (prompts: Parameters<typeof recipes>[0]['prompts']): string =>
    recipes({ input: { uri: 's3://scans/a.nii.gz' }, prompts }, 'http://h', undefined).find(({ id }) => id === 'cli')
      ?.text ?? '';
  const nuclei = { text: 'nuclei', instances: true, minVoxels: 20 };
  expect(cli([nuclei])).toContain('  --prompt nuclei \\\n  --instances \\\n  --min-voxels 20 \\\n');
  expect(cli(['cell', nuclei])).toContain('  --prompt cell \\\n  --prompt nuclei \\\n  --instances-of 2 \\\n');
  expect(cli(['cell', { ...nuclei, label: 7 }])).toContain(
    `  --prompts <(printf '%s\\t%s\\n' 1 cell 7 nuclei) \\\n  --instances-of 7 \\\n`,
  );
});

test('the command line of a folder names everything that its batch was asked for', () => {
  const draft = {
    name: "Anna's cohort",
    source: { kind: 'prefix', uri: 's3://scans/study 1/' },
    prompts: ['bone'],
    outputs: { probabilities: 'none' },
    metadata: { 'colour.1': '#ff5533' },
    skipCompleted: false,
  } satisfies BatchDraft;
  const text = batchRecipes(draft, 'http://h').find(({ id }) => id === 'cli')?.text;
  expect(text).toBe(`export PARSE3D_URL=http://h    # and PARSE3D_API_KEY
BATCH=$(parse3d submit 's3://scans/study 1/' \\
  --prompt bone \\
  --meta 'colour.1=#ff5533' \\
  --name 'Anna'\\''s cohort' \\
  --rerun \\
  --json | jq -r .id)
parse3d batch watch "$BATCH"
parse3d batch results "$BATCH" --out found
`);
});
