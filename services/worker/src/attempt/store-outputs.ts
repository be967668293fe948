import { createHash } from 'node:crypto';
import { each, mapEach } from '@parse3d/async';
import type { LocalOutput } from '@parse3d/engine';
import { blobKeys, type JobRequest, type OutputFile } from '@parse3d/contract';
import { readNiftiHeader } from '@parse3d/volume/formats';
import type { Geometry } from '@parse3d/volume/geometry';
import { Problem } from '@parse3d/contract/problems';
import { listAll, writeFileTo, type BlobStore } from '@parse3d/storage';

/** Uploads outputs under the attempt's own prefix, where no other attempt writes. */
export async function uploadOutputs(
  request: JobRequest,
  attemptId: string,
  outputs: readonly LocalOutput[],
  store: BlobStore,
  onDone: (count: number) => void,
  signal: AbortSignal,
): Promise<OutputFile[]> {
  const prefix = blobKeys.attemptPrefix(request.jobId, request.run, attemptId);
  let done = 0;
  return mapEach(outputs, AT_ONCE, async ({ name, path, bytes, sha256, contentType }) => {
    const key = `${prefix}${name}`;
    await writeFileTo(store, key, path, { contentType, signal });
    onDone(++done);
    return { name, key, bytes, sha256, contentType };
  });
}

/** Files under way at the same time: the store's latency counts once for all the small ones. */
const AT_ONCE = 4;

/** The header of a NIfTI file lies in these first bytes, compressed or not. */
const HEAD_BYTES = 64 * 1024;

/**
 * Reads every output back: its bytes must have the checksum of what was computed, and a NIfTI the input's geometry.
 *
 * @throws Problem `output-mismatch`
 */
export async function verifyOutputs(
  outputs: readonly OutputFile[],
  geometry: Geometry,
  store: BlobStore,
  signal: AbortSignal,
): Promise<void> {
  await each(outputs, AT_ONCE, async (output) => {
    const { sha256, bytes, head } = await digest(store, output.key, signal);
    if (sha256 !== output.sha256 || bytes !== output.bytes) {
      throw new Problem('output-mismatch', `${output.name} came back with ${bytes} bytes and SHA-256 ${sha256}`, {
        name: output.name,
        expected: { bytes: output.bytes, sha256: output.sha256 },
      });
    }
    if (output.name.endsWith('.nii.gz')) await checkGeometry(output.name, head, geometry);
  });
}

async function digest(
  store: BlobStore,
  key: string,
  signal: AbortSignal,
): Promise<{ sha256: string; bytes: number; head: Buffer }> {
  const hash = createHash('sha256');
  const head: Buffer[] = [];
  let bytes = 0;
  const { body } = await store.read(key, { signal });
  const chunks: AsyncIterable<Buffer> = body;
  for await (const chunk of chunks) {
    hash.update(chunk);
    if (bytes < HEAD_BYTES) head.push(chunk.subarray(0, HEAD_BYTES - bytes));
    bytes += chunk.length;
  }
  return { sha256: hash.digest('hex'), bytes, head: Buffer.concat(head) };
}

async function checkGeometry(name: string, head: Buffer, expected: Geometry): Promise<void> {
  const { shape, affine } = (await readNiftiHeader(head)).geometry;
  const sameShape = shape.every((count, axis) => count === expected.shape[axis]);
  // The header holds float32: the affine that was read from one and written to one is the same to the bit.
  const sameAffine = affine.every(
    (value, index) => Math.fround(value) === Math.fround(expected.affine[index] ?? Number.NaN),
  );
  if (sameShape && sameAffine) return;
  throw new Problem('output-mismatch', `${name} does not lie on the grid of its input`, {
    name,
    shape,
    expectedShape: expected.shape,
  });
}

/** Removes what an attempt stored and nobody will refer to. Best effort: leftovers cost space, nothing else. */
export async function discardOutputs(request: JobRequest, attemptId: string, store: BlobStore): Promise<void> {
  const prefix = blobKeys.attemptPrefix(request.jobId, request.run, attemptId);
  for await (const { key } of listAll(store, prefix)) await store.delete(key);
}
