import type { Redis } from 'ioredis';
import type { JobRequest } from '@parse3d/contract';
import { bullContext, jobAttributes, noTracing, type Tracing } from '@parse3d/platform/telemetry';
import { bullJobId, type JobData, type SegmentQueue } from './bull.js';
import { lanes, type Lane, type RedisKeys } from './keys.js';
import type { JobRecords } from './records.js';
import { liveWorkers } from './workers.js';

export interface FeederOptions {
  /** Jobs in BullMQ per worker slot. @default 4 */
  readonly depthPerSlot?: number;
  /** Bytes of volumes that a tenant may feed per turn and unit of weight. @default 64 MiB */
  readonly quantumBytes?: number;
  /** Share of a tenant among others. @default 1 for all */
  readonly weightOf?: (tenant: string) => number | Promise<number>;
  /** Told of every fed job that is not a retry, with the time since it was accepted. */
  readonly onFed?: (lane: Lane, waitedMs: number) => void;
  /** @default none */
  readonly tracing?: Tracing;
}

/** A volume costs at least this many bytes of a tenant's turn: small jobs are not free. */
const MIN_COST_BYTES = 1024 * 1024;

/** Jobs added to BullMQ in one call. */
const CHUNK = 1_000;

interface Waiting {
  readonly jobId: string;
  readonly run: number;
  readonly request: JobRequest;
  readonly costBytes: number;
}

/**
 * Moves jobs from the tenants' pending lists to BullMQ: the interactive lane first, then by deficit round-robin over
 * tenants, whose unit is bytes of volume, so that a tenant with a thousand large scans does not starve one with three
 * small ones. Only the elected leader may call `feed`. The deficits live in memory: a new leader starts fresh, which
 * costs one turn of fairness and nothing else.
 */
export class Feeder {
  readonly #redis: Redis;
  readonly #keys: RedisKeys;
  readonly #queue: SegmentQueue;
  readonly #records: JobRecords;
  readonly #options: Required<FeederOptions>;
  readonly #deficits = new Map<string, number>();

  constructor(redis: Redis, keys: RedisKeys, queue: SegmentQueue, records: JobRecords, options: FeederOptions = {}) {
    this.#redis = redis;
    this.#keys = keys;
    this.#queue = queue;
    this.#records = records;
    this.#options = {
      depthPerSlot: options.depthPerSlot ?? 4,
      quantumBytes: options.quantumBytes ?? 64 * 1024 * 1024,
      weightOf: options.weightOf ?? (() => 1),
      onFed: options.onFed ?? (() => undefined),
      tracing: options.tracing ?? noTracing,
    };
  }

  /** Tops BullMQ up. Returns how many jobs were fed. */
  async feed(): Promise<number> {
    let room = await this.#room();
    let fed = 0;
    for (const lane of lanes) {
      if (room <= 0) break;
      const count = await this.#feedLane(lane, room);
      fed += count;
      room -= count;
    }
    return fed;
  }

  async #room(): Promise<number> {
    const workers = await liveWorkers(this.#redis, this.#keys);
    const slots = workers.reduce((sum, worker) => sum + (worker.draining ? 0 : worker.slots), 0);
    const counts = await this.#queue.getJobCounts('waiting', 'active', 'delayed', 'prioritized');
    const inside = Object.values(counts).reduce((sum, count) => sum + count, 0);
    // Without any worker one slot's worth is fed all the same: autoscaling starts workers on waiting jobs.
    return this.#options.depthPerSlot * Math.max(1, slots) - inside;
  }

  async #feedLane(lane: Lane, room: number): Promise<number> {
    const tenants = (await this.#redis.smembers(this.#keys.tenants(lane))).sort();
    const queues = new Map<string, { waiting: Waiting[]; weight: number }>();
    for (const tenant of tenants) {
      const waiting = await this.#peek(lane, tenant, Math.min(room, CHUNK));
      if (waiting.length > 0) queues.set(tenant, { waiting, weight: await this.#options.weightOf(tenant) });
      else this.#deficits.delete(`${lane}:${tenant}`);
    }
    const chosen = this.#choose(lane, queues, room);
    for (let start = 0; start < chosen.length; start += CHUNK) {
      const chunk = chosen.slice(start, start + CHUNK);
      // Adding before unlisting: a crash in between feeds the job again, under the same id, which adds nothing.
      await this.#add(chunk.map(({ job }) => job));
      for (const { tenant, job } of chunk) {
        await this.#records.markFed(lane, tenant, job.jobId);
        if (job.run === 1) this.#options.onFed(lane, Date.now() - Date.parse(job.request.createdAt));
      }
    }
    return chosen.length;
  }

  /** The span in which a job is added travels with it through Redis, so that its attempts hang below. */
  async #add(jobs: readonly Waiting[]): Promise<void> {
    const spans = jobs.map(({ request }) => {
      const { traceparent: parent, batchTraceparent: link } = request;
      const attributes = jobAttributes(request);
      return this.#options.tracing.begin('feed', { kind: 'producer', parent, link, attributes });
    });
    try {
      await this.#queue.addBulk(
        jobs.map(({ jobId, run }, index) => ({
          name: 'segment' as const,
          data: { jobId, run } satisfies JobData,
          opts: { jobId: bullJobId(jobId, run), ...bullContext(spans[index]?.traceparent) },
        })),
      );
    } finally {
      for (const span of spans) span.end();
    }
  }

  /** Deficit round-robin over the heads of the tenants' lists. */
  #choose(
    lane: Lane,
    queues: Map<string, { waiting: Waiting[]; weight: number }>,
    room: number,
  ): { tenant: string; job: Waiting }[] {
    const chosen: { tenant: string; job: Waiting }[] = [];
    while (queues.size > 0 && chosen.length < room) {
      for (const [tenant, { waiting, weight }] of queues) {
        const account = `${lane}:${tenant}`;
        let deficit = (this.#deficits.get(account) ?? 0) + this.#options.quantumBytes * weight;
        while (waiting[0] !== undefined && waiting[0].costBytes <= deficit && chosen.length < room) {
          deficit -= waiting[0].costBytes;
          chosen.push({ tenant, job: waiting[0] });
          waiting.shift();
        }
        if (waiting.length === 0) {
          queues.delete(tenant);
          deficit = 0;
        }
        this.#deficits.set(account, deficit);
        if (chosen.length >= room) break;
      }
    }
    return chosen;
  }

  /** The oldest jobs of a list; ids without a live record are dropped from it. */
  async #peek(lane: Lane, tenant: string, limit: number): Promise<Waiting[]> {
    const list = this.#keys.pending(lane, tenant);
    const ids = await this.#redis.lrange(list, 0, limit - 1);
    const waiting: Waiting[] = [];
    for (const jobId of ids) {
      const record = await this.#records.get(jobId);
      if (record === undefined || record.status !== 'waiting' || record.cancel !== undefined) {
        await this.#redis.lrem(list, 0, jobId);
        continue;
      }
      const { run, request } = record;
      waiting.push({ jobId, run, request, costBytes: Math.max(MIN_COST_BYTES, request.input.bytes) });
    }
    return waiting;
  }
}
