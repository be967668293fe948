import type { BatchFailures } from '@parse3d/contract';
import { problemKinds, type ProblemCode } from '@parse3d/contract/problems';
import type { FoundBatch } from '@parse3d/control';
import type { ApiDeps } from '../deps.js';

/** Failed items whose manifests are read for one answer. */
const EXAMINED = 500;
const CONCURRENCY = 16;
const EXAMPLES = 5;

type Group = BatchFailures['groups'][number];

/**
 * Why items of a batch failed, by problem code.
 *
 * @throws Problem `state-conflict` when the live states are gone: `failures.jsonl` has them
 */
export async function failuresOf(found: FoundBatch, deps: ApiDeps): Promise<BatchFailures> {
  const { items } = await deps.control.batches.items(found, { status: 'failed', from: 0, limit: EXAMINED });
  const groups = new Map<ProblemCode, Group>();
  for (let first = 0; first < items.length; first += CONCURRENCY) {
    const some = items.slice(first, first + CONCURRENCY);
    const manifests = await Promise.all(some.map(({ jobId }) => deps.control.jobs.manifest(jobId)));
    for (const [index, { ordinal, uri, jobId }] of some.entries()) {
      const manifest = manifests[index];
      // An item that is being run again has no failure to tell of.
      if (manifest?.status !== 'failed') continue;
      const { code, detail } = manifest.problem;
      const { title, retry } = problemKinds[code];
      const group: Group = groups.get(code) ?? { code, title, retry, count: 0, examples: [] };
      group.count++;
      if (group.examples.length < EXAMPLES) group.examples.push({ ordinal, uri, jobId, detail });
      groups.set(code, group);
    }
  }
  return {
    examined: items.length,
    failed: found.live?.failed ?? items.length,
    groups: [...groups.values()].sort((a, b) => b.count - a.count),
  };
}
