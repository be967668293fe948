import {
  lanes,
  liveWorkers,
  takesJobs,
  type JobRecords,
  type Lane,
  type Redis,
  type RedisKeys,
  type SegmentQueue,
} from '@parse3d/control';
import { Gauge, type Registry } from 'prom-client';
import { redisMemoryShare } from './jobs/admission.js';
import { pendingJobs } from './jobs/pending.js';

export interface QueueView {
  readonly redis: Redis;
  readonly keys: RedisKeys;
  readonly queue: SegmentQueue;
  readonly records: JobRecords;
  /** True in the process that feeds. */
  readonly leading: () => boolean;
}

/** Jobs at the head of the workers' queue whose age is looked at: retries stand there too, behind none of their peers. */
const HEAD = 16;

/**
 * Gauges that are read from Redis at every scrape. Every api process shows the same values, so queries take the maximum
 * over processes and never the sum. While Redis is away they show nothing rather than what was true before.
 */
export function watchQueue(registry: Registry, view: QueueView): void {
  const { redis, keys, queue } = view;
  const gauge = (name: string, help: string, labelNames: string[], read: (gauge: Gauge) => Promise<void>): void => {
    new Gauge({
      name,
      help,
      labelNames,
      registers: [registry],
      async collect() {
        this.reset();
        // Without labels a reset gauge shows 0, which would be a claim.
        await read(this).catch(() => (labelNames.length === 0 ? this.remove() : this.reset()));
      },
    });
  };

  gauge('parse3d_queue_jobs', 'Jobs that were handed to the workers, by state', ['state'], async (it) => {
    const counts = await queue.getJobCounts('waiting', 'active', 'delayed');
    for (const [state, count] of Object.entries(counts)) it.set({ state }, count);
  });
  gauge('parse3d_pending_jobs', 'Jobs that wait to be fed, by lane and tenant', ['lane', 'tenant'], async (it) => {
    for await (const { lane, tenant, count } of pendingJobs(redis, keys)) it.set({ lane, tenant }, count);
  });
  gauge(
    'parse3d_oldest_waiting_age_seconds',
    'Time since the job that waits longest was accepted, by lane; 0 when none waits',
    ['lane'],
    async (it) => {
      const oldest = await oldestWaiting(view);
      for (const lane of lanes) {
        const since = oldest.get(lane);
        it.set({ lane }, since === undefined ? 0 : Math.max(0, Date.now() - since) / 1_000);
      }
    },
  );
  gauge('parse3d_open_batches', 'Batches with work left', [], async (it) => {
    it.set(await redis.zcard(keys.openBatches));
  });
  gauge('parse3d_worker_slots', 'Slots of the workers heard of lately that take jobs', [], async (it) => {
    const workers = await liveWorkers(redis, keys);
    it.set(workers.reduce((sum, worker) => sum + (takesJobs(worker) ? worker.slots : 0), 0));
  });
  gauge(
    'parse3d_redis_memory_ratio',
    'Share of its memory limit that Redis uses, 0 without a limit',
    [],
    async (it) => {
      it.set(await redisMemoryShare(redis));
    },
  );
  gauge('parse3d_feeder_leading', '1 in the api process that feeds the queue, else 0', [], (it) => {
    it.set(view.leading() ? 1 : 0);
    return Promise.resolve();
  });
}

/** When the job that waits longest was accepted, in ms of Unix time, by lane; lanes without waiting jobs are left out. */
async function oldestWaiting({ redis, keys, queue, records }: QueueView): Promise<Map<Lane, number>> {
  const oldest = new Map<Lane, number>();
  const look = async (jobId: string): Promise<void> => {
    const request = (await records.get(jobId))?.request;
    if (request === undefined) return;
    const since = Date.parse(request.createdAt);
    oldest.set(request.lane, Math.min(oldest.get(request.lane) ?? Infinity, since));
  };
  for (const lane of lanes) {
    for (const tenant of await redis.smembers(keys.tenants(lane))) {
      const head = await redis.lindex(keys.pending(lane, tenant), 0);
      if (head !== null) await look(head);
    }
  }
  for (const job of await queue.getJobs('waiting', 0, HEAD - 1, true)) await look(job.data.jobId);
  return oldest;
}
