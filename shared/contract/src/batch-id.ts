import { createHash, randomBytes } from 'node:crypto';

// A batch and its jobs share the first 80 bits of their UUIDs (version 8): time in ms, then random bits. The last 48
// bits are 0 for the batch and ordinal + 1 for a job. So a job's id tells its place, without any table, and the results
// of a batch lie together in storage under one prefix.

const SHARED_CHARACTERS = 24;

/** A new batch id; sorts by time. */
export function newBatchId(now: number = Date.now()): string {
  return batchIdOf(now.toString(16).padStart(12, '0') + randomBytes(3).toString('hex'));
}

/** The batch id that belongs to an idempotency key of a tenant. Other than a new one it tells no time. */
export function batchIdFromKey(tenant: string, idempotencyKey: string): string {
  return batchIdOf(createHash('sha256').update(`${tenant}\0${idempotencyKey}`).digest('hex'));
}

function batchIdOf(hex: string): string {
  const [low, high, first, second] = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 15), hex.slice(15, 18)];
  return `${low}-${high}-8${first}-a${second}-000000000000`;
}

/** The id of the job at this place of the batch, from 0. */
export function batchJobId(batchId: string, ordinal: number): string {
  return batchId.slice(0, SHARED_CHARACTERS) + (ordinal + 1).toString(16).padStart(12, '0');
}

/** Batch and place of a job, or undefined for a job that was submitted by itself. */
export function placeOf(jobId: string): { batchId: string; ordinal: number } | undefined {
  if (jobId[14] !== '8') return undefined;
  const ordinal = Number.parseInt(jobId.slice(SHARED_CHARACTERS), 16) - 1;
  if (ordinal < 0) return undefined;
  return { batchId: `${jobId.slice(0, SHARED_CHARACTERS)}000000000000`, ordinal };
}

/** What the id of a batch and those of all its jobs begin with. */
export const batchIdPrefix = (batchId: string): string => batchId.slice(0, SHARED_CHARACTERS);

/** Prefix of the results of every job of a batch. */
export function batchResultsPrefix(batchId: string): string {
  return `results/${batchIdPrefix(batchId)}`;
}
