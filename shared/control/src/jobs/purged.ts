import type { Tombstone } from '@parse3d/contract';
import { Problem } from '@parse3d/contract/problems';

/** What whoever asks for something that was removed is told; for its owner alone. */
export function purgedProblem({ id, purgedAt, purgedBy }: Tombstone): Problem {
  const who = purgedBy === 'retention' ? 'at the end of its retention' : `by the key ${purgedBy}`;
  return new Problem('purged', `${id} was removed ${who}, at ${purgedAt}`, { id, purgedAt, purgedBy });
}
