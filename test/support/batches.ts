import { BatchView } from '@parse3d/contract';
import { eventually } from '@parse3d/testing';
import type { Api } from './api.js';

export async function submitBatch(api: Api, body: object): Promise<BatchView> {
  const answer = await api.send('POST', '/v1/batches', body);
  if (answer.status !== 202) throw new Error(JSON.stringify(answer.json));
  return BatchView.parse(answer.json);
}

/** A batch as it stands. @throws when its counters do not add up, which they do at every moment, whatever happens */
export async function lookAtBatch(api: Api, id: string): Promise<BatchView> {
  const view = BatchView.parse((await api.send('GET', `/v1/batches/${id}`)).json);
  const counts = Object.values(view.counts);
  const sum = counts.reduce((all, count) => all + count, 0);
  if (sum !== view.total || Math.min(...counts) < 0) {
    throw new Error(`the counters of batch ${id} do not add up to ${view.total}: ${JSON.stringify(view.counts)}`);
  }
  return view;
}

export const endedBatch = (api: Api, id: string): Promise<BatchView> =>
  eventually(
    async () => {
      const view = await lookAtBatch(api, id);
      return view.finishedAt === undefined ? undefined : view;
    },
    { what: `batch ${id} to end`, timeoutMs: 60_000 },
  );
