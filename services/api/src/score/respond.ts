import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Manifest, OutputFile } from '@parse3d/contract';
import { Problem } from '@parse3d/contract/problems';
import type { Response } from 'express';
import type { ApiDeps } from '../deps.js';
import { base64Length, encodeBase64 } from './base64.js';

// The file is a string of JSON inside of a string of JSON: base64 has no character that needs an escape in either.
const ROW_START = String.raw`{"nifti_file": "{\"data\": \"`;
const ROW_END = String.raw`\"}"}`;

/**
 * The label map that a row's job has made.
 * @throws Problem of the job when it failed or was canceled
 */
export function labelsOf(manifest: Manifest): OutputFile {
  const { jobId } = manifest;
  const url = `/v1/jobs/${jobId}`;
  if (manifest.status === 'failed') {
    const { code, detail, fields } = manifest.problem;
    throw new Problem(code, detail, { ...fields, jobId, url });
  }
  if (manifest.status === 'canceled') throw new Problem('canceled', `job ${jobId} was canceled`, { jobId, url });
  const labels = manifest.outputs.find(({ name }) => name === 'labels.nii.gz');
  if (labels === undefined) throw new Problem('internal', `job ${jobId} has no label map`);
  return labels;
}

/** Streams `[{"nifti_file": "{\"data\": \"<base64 .nii.gz>\"}"}, …]`, a row for every file. */
export async function sendLabels(files: readonly OutputFile[], response: Response, deps: ApiDeps): Promise<void> {
  const { primary } = deps.stores;
  const around = ROW_START.length + ROW_END.length;
  const length = files.reduce((sum, { bytes }) => sum + around + base64Length(bytes), 2 + 2 * (files.length - 1));
  response.status(200).set({ 'Content-Type': 'application/json', 'Content-Length': String(length) });
  const pieces = async function* (): AsyncGenerator<string> {
    yield '[';
    for (const [index, file] of files.entries()) {
      yield index === 0 ? ROW_START : `, ${ROW_START}`;
      const { body } = await primary.read(file.key);
      yield* encodeBase64(body as AsyncIterable<Buffer>);
      yield ROW_END;
    }
    yield ']';
  };
  try {
    await pipeline(Readable.from(pieces(), { objectMode: false }), response);
  } catch (error) {
    // A client that leaves early is no error of ours.
    if (!response.destroyed) throw error;
  }
}
