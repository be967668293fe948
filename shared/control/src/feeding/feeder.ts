import { lanes, type JobRequest, type Lane } from '@parse3d/contract';
import { bullContext, jobAttributes, noTracing, type Tracing } from '@parse3d/platform/telemetry';
import { bullJobId, type JobData } from '../live/bull.js';
import type { Live } from '../live/live.js';

export interface FeederOptions {
  /** Jobs in BullMQ per worker slot. @default 4 */
  readonly depthPerSlot?: number;
  /** Bytes of volumes that a tenant may feed per turn and unit of weight. @default 64 MiB */
  readonly quantumBytes?: number;
  /** Share of a tenant among others. @default 1 for all */
  readonly weightOf?: (tenant: string) => number | Promise<number>;
  /** Called for every fed job that is not a retry, with the time since it was accepted. */
  readonly onFed?: (lane: Lane, waitedMs: number) => void;
  /** @default none */
  readonly tracing?: Tracing;
}

/** A volume costs at least this many bytes of a tenant's turn: small jobs are not free. */
const MIN_COST_BYTES = 1024 * 1024;

/** Jobs added to BullMQ in one call. */
const CHUNK = 1_000;

/** The jobs of a tenant that are next, oldest first. */
interface Waiting {
  readonly requests: JobRequest[];
  readonly weight: number;
}

/**
 * Moves jobs from the tenants' pending lists to BullMQ: the interactive lane first, then by deficit round-robin over
 * tenants, whose unit is bytes of volume, so that a tenant with a thousand large scans does not starve one with three
 * small ones. Only the elected leader may call `feed`. The deficits live in memory: a new leader starts fresh, which
 * costs one turn of fairness and nothing else.
 */
export class Feeder {
  readonly #live: Live;
  readonly #options: Required<FeederOptions>;
  readonly #deficits = new Map<string, number>();

  constructor(live: Live, options: FeederOptions = {}) {
    this.#live = live;
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
    const slots = await this.#live.workers.slots();
    const { waiting, active, delayed } = await this.#live.backlog.handedOver();
    // Without any worker one slot's worth is fed all the same: autoscaling starts workers on waiting jobs.
    return this.#options.depthPerSlot * Math.max(1, slots) - waiting - active - delayed;
  }

  async #feedLane(lane: Lane, room: number): Promise<number> {
    const { waiting } = this.#live;
    const queues = new Map<string, Waiting>();
    for (const tenant of await waiting.tenants(lane)) {
      const records = await waiting.first(lane, tenant, Math.min(room, CHUNK));
      const requests = records.map(({ request }) => request);
      if (requests.length > 0) queues.set(tenant, { requests, weight: await this.#options.weightOf(tenant) });
      else this.#deficits.delete(`${lane}:${tenant}`);
    }
    const chosen = this.#choose(lane, queues, room);
    for (let start = 0; start < chosen.length; start += CHUNK) {
      const chunk = chosen.slice(start, start + CHUNK);
      // Adding before unlisting: a crash in between feeds the job again, under the same id, which adds nothing.
      await this.#add(chunk);
      await waiting.markFed(chunk);
      for (const { run, createdAt } of chunk) {
        if (run === 1) this.#options.onFed(lane, Date.now() - Date.parse(createdAt));
      }
    }
    return chosen.length;
  }

  /** The span in which a job is added travels with it through Redis, so that its attempts hang below. */
  async #add(requests: readonly JobRequest[]): Promise<void> {
    const spans = requests.map((request) => {
      const { traceparent: parent, batchTraceparent: link } = request;
      const attributes = jobAttributes(request);
      return this.#options.tracing.begin('feed', { kind: 'producer', parent, link, attributes });
    });
    try {
      await this.#live.queue.addBulk(
        requests.map(({ jobId, run }, index) => ({
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
  #choose(lane: Lane, queues: Map<string, Waiting>, room: number): JobRequest[] {
    const chosen: JobRequest[] = [];
    while (queues.size > 0 && chosen.length < room) {
      for (const [tenant, { requests, weight }] of queues) {
        const account = `${lane}:${tenant}`;
        let deficit = (this.#deficits.get(account) ?? 0) + this.#options.quantumBytes * weight;
        while (requests[0] !== undefined && costBytes(requests[0]) <= deficit && chosen.length < room) {
          deficit -= costBytes(requests[0]);
          chosen.push(requests[0]);
          requests.shift();
        }
        if (requests.length === 0) {
          queues.delete(tenant);
          deficit = 0;
        }
        this.#deficits.set(account, deficit);
        if (chosen.length >= room) break;
      }
    }
    return chosen;
  }
}

const costBytes = ({ input }: JobRequest): number => Math.max(MIN_COST_BYTES, input.bytes);
