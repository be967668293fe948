import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { BatchView } from '@parse3d/contract';
import type { Stack } from '../test/support/stack.js';

/** Everything but the model: a volume of a few voxels, a graph of one pointwise convolution, no preview. */
export const outputs = { preview: false };

/** Submits a manifest that names one volume so many times, and tells how long the answer took. */
export async function submitCopies(stack: Stack, uri: string, count: number): Promise<{ view: BatchView; ms: number }> {
  const { primary } = stack.stores;
  const key = `uploads/default/list-${count}.jsonl`;
  const text = new PassThrough();
  const written = primary.write(key, text);
  const line = `${JSON.stringify({ uri })}\n`;
  for (let left = count; left > 0; left -= 1_000) {
    if (!text.write(line.repeat(Math.min(left, 1_000)))) await once(text, 'drain');
  }
  text.end();
  await written;
  const source = { kind: 'manifest', uri: `${primary.scheme}://${primary.bucket}/${key}` };
  const body = { source, prompts: ['bone'], outputs, skipCompleted: false };
  const startedAt = performance.now();
  const answer = await stack.api.send('POST', '/v1/batches', body);
  const ms = performance.now() - startedAt;
  if (answer.status !== 202) throw new Error(JSON.stringify(answer.json));
  return { view: BatchView.parse(answer.json), ms };
}

export const look = async (stack: Stack, id: string): Promise<BatchView> =>
  BatchView.parse((await stack.api.send('GET', `/v1/batches/${id}`)).json);
