import type { Lane } from '@parse3d/contract';

/** Every key of ours in Redis, in one place. BullMQ keeps its own under `<prefix>:bull`. */
export function redisKeys(prefix: string) {
  return {
    bullPrefix: `${prefix}:bull`,
    /** Hash: the live record of a job. */
    job: (jobId: string) => `${prefix}:job:${jobId}`,
    /** Stream: what happened to a job, for live pages. */
    events: (jobId: string) => `${prefix}:events:${jobId}`,
    /** List: job ids of a tenant that wait to be fed, oldest first. */
    pending: (lane: Lane, tenant: string) => `${prefix}:pending:${lane}:${tenant}`,
    /** Set: tenants that have something in the lane's pending lists. */
    tenants: (lane: Lane) => `${prefix}:tenants:${lane}`,
    /** Sorted set: a tenant's job ids by time of submission in ms. */
    jobs: (tenant: string) => `${prefix}:jobs:${tenant}`,
    /** Hash: live counters of a batch. */
    batch: (batchId: string) => `${prefix}:batch:${batchId}`,
    /** Bit field, two bits an item: 0 open, 1 completed, 2 failed, 3 canceled. */
    batchStates: (batchId: string) => `${prefix}:batch-states:${batchId}`,
    /** Set: ordinals that were entered as jobs and have not ended. */
    batchOpen: (batchId: string) => `${prefix}:batch-open:${batchId}`,
    /** Set: ordinals that a worker has in hand. */
    batchRunning: (batchId: string) => `${prefix}:batch-running:${batchId}`,
    /** Sorted set: batches with work left, by time of submission in ms. */
    openBatches: `${prefix}:open-batches`,
    /** Sorted set: a tenant's batches by time of submission in ms. */
    batches: (tenant: string) => `${prefix}:batches:${tenant}`,
    /** List: objects that matched a rule and could make no job, newest first. */
    ruleRefusals: (ruleId: string) => `${prefix}:rule-refusals:${ruleId}`,
    /** Hash: bytes that a tenant has stored, `uploads` and `results`, and when all of it was last counted. */
    usage: (tenant: string) => `${prefix}:usage:${tenant}`,
    /** Set: tenants of whom anything is counted as stored. */
    usageTenants: `${prefix}:usage-tenants`,
    /** Sorted set: `id:bytes` of a tenant's uploads under way, by the time in ms at which they no longer count. */
    arriving: (tenant: string) => `${prefix}:arriving:${tenant}`,
    /** String: a removal of this upload, job or batch is under way, and takes off what it removes. */
    removing: (name: string) => `${prefix}:removing:${name}`,
    /** String: something was removed or released, and the keeper should look soon. */
    chores: `${prefix}:chores`,
    /** List: bytes and ms of a pack's latest jobs, newest first. */
    pace: (packId: string) => `${prefix}:pace:${packId}`,
    /** Set: deliveries of webhooks that became due and are not queued yet. */
    outbox: `${prefix}:outbox`,
    /** Hash: records in storage that cannot be read, by their keys. */
    unreadable: `${prefix}:unreadable`,
    /** String: what the leader wrote last. Gone or other, Redis has lost what it held. */
    canary: `${prefix}:canary`,
    /** String with expiry: who feeds. */
    feederLock: `${prefix}:feeder`,
    /** Sorted set: worker ids by the time of their last heartbeat in ms. */
    workers: `${prefix}:workers`,
    /** Hash: worker id to what it reported. */
    workerInfo: `${prefix}:worker-info`,
    /** Channel: ids of jobs that have a new event. */
    notifyChannel: `${prefix}:notify`,
    /** Channel: ids of jobs that somebody wants to stop. */
    cancelChannel: `${prefix}:cancel`,
    /** Channel: something new waits to be fed. */
    feedChannel: `${prefix}:feed`,
  } as const;
}
export type RedisKeys = ReturnType<typeof redisKeys>;
