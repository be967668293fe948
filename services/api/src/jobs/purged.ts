import type { Purged, Tombstone } from '@parse3d/contract';

/** What is left of something that was removed, as clients see it. */
export const viewPurged = ({ id, purgedAt, purgedBy }: Tombstone, complete: boolean): Purged => ({
  id,
  status: complete ? 'purged' : 'purging',
  purgedAt,
  purgedBy,
});
