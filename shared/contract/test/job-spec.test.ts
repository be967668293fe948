import { batchSpecOf, JobRequest, JobView, Manifest, specOf, SubmitBatch, SubmitJob } from '@parse3d/contract';
import { describe, expect, test } from 'vitest';

const spec = {
  prompts: [{ text: 'liver', label: 3 }],
  pack: { id: 'ct-tissue', version: '1.0.0' },
  modality: 'ct' as const,
  outputs: { labels: true, masks: true, probabilities: 'none' as const, npz: false, preview: true, segNrrd: true },
  options: { seed: 7, deadlineSeconds: 60 },
  lane: 'batch' as const,
  metadata: { study: 'a' },
};
const id = '0192f0c1-7a3b-7000-8000-000000000001';
const run = { jobId: id, run: 1, tenant: 'lab', createdAt: '2026-01-01T00:00:00Z', requestSha256: 'x' };
const input = { uri: 's3://scans/a.nii.gz', etag: '"1"', bytes: 10 };

describe('the spec of a job', () => {
  test('comes whole out of the record of a job, and alone', () => {
    expect(specOf(JobRequest.parse({ ...run, input, ...spec }))).toEqual(spec);
  });

  test('is read in a manifest as version 0.1 wrote it', () => {
    const { outputs: outputOptions, ...rest } = spec;
    const manifest = Manifest.parse({
      ...{ schemaVersion: 1, ...run, attemptId: 'a', finishedAt: run.createdAt, input, ...rest, outputOptions },
      ...{ software: { name: 'parse3d', version: '0.1.0' }, notice: '', status: 'canceled' },
    });
    expect(specOf({ ...manifest, outputs: manifest.outputOptions })).toEqual(spec);
  });

  test('is seen in the view of a job but for what the manifest says', () => {
    const { outputs: _outputs, options: _options, ...seen } = spec;
    const view = { id, status: 'waiting', run: 1, input: { uri: input.uri, bytes: 10 }, createdAt: run.createdAt };
    expect(JobView.parse({ ...view, ...seen })).toMatchObject(seen);
    expect(() => JobView.parse({ ...view, ...seen, options: spec.options })).toThrow('options');
  });

  test('of a batch may leave the prompts to its items', () => {
    const { prompts: _, ...shared } = spec;
    expect(batchSpecOf({ ...shared, prompts: undefined })).toEqual(shared);
    expect(batchSpecOf(spec)).toEqual(spec);
  });
});

describe('the digest of a body that an idempotency key remembers', () => {
  // Version 0.1 made it of these texts. Another order, or a default more, would refuse its keys as used for another body.
  test('is made of the same text as in version 0.1 for a job', () => {
    expect(JSON.stringify(SubmitJob.parse({ prompts: ['liver'], input: { uri: input.uri } }))).toBe(
      '{"input":{"uri":"s3://scans/a.nii.gz"},"prompts":[{"text":"liver","label":1}],' +
        '"outputs":{"labels":true,"masks":false,"probabilities":"none","npz":false,"preview":true},' +
        '"options":{"seed":0},"lane":"interactive","metadata":{}}',
    );
  });

  test('is made of the same text as in version 0.1 for a batch', () => {
    const asked = { metadata: {}, dryRun: false, pack: 'ct-tissue', prompts: ['liver'], errorThreshold: { count: 1 } };
    const source = { kind: 'items', items: [{ uri: input.uri }] };
    expect(JSON.stringify(SubmitBatch.parse({ ...asked, modality: 'ct', source, name: 'n' }))).toBe(
      '{"name":"n","source":{"kind":"items","items":[{"uri":"s3://scans/a.nii.gz"}]},' +
        '"prompts":[{"text":"liver","label":1}],"pack":"ct-tissue","modality":"ct",' +
        '"outputs":{"labels":true,"masks":false,"probabilities":"none","npz":false,"preview":true},' +
        '"options":{"seed":0},"lane":"batch","errorThreshold":{"count":1},"skipCompleted":true,"dryRun":false,"metadata":{}}',
    );
  });
});
