import { lanes } from '@parse3d/contract';
import { Problem } from '@parse3d/contract/problems';
import type { Tenants } from '@parse3d/platform/access';
import type { StoragePolicy } from './policy.js';
import type { Live } from '../live/live.js';

/** Share of Redis' memory limit above which nothing new is accepted: what is under way needs the rest. */
const MEMORY_SHARE = 0.7;

/** Memory is looked at no more often than this, in ms. */
const MEMORY_CHECK_MS = 1_000;

/**
 * Says no while there is still room to do so: per tenant by what waits and what is stored, for everybody by Redis' memory
 * and the disk of the storage.
 */
export class Admission {
  readonly #live: Live;
  readonly #tenants: Tenants;
  readonly #policy: StoragePolicy;
  #memory: { share: number; at: number } = { share: 0, at: 0 };

  constructor(live: Live, tenants: Tenants, policy: StoragePolicy) {
    this.#live = live;
    this.#tenants = tenants;
    this.#policy = policy;
  }

  /**
   * @throws Problem `quota-exceeded`, `queue-full` or `storage-full`, all worth trying again later;
   * `storage-quota-exceeded`
   */
  async admitJob(tenant: string): Promise<void> {
    await this.#admitAnything(tenant);
    const { maxWaitingJobs: limit } = await this.#tenants.get(tenant);
    const lengths = await Promise.all(lanes.map((lane) => this.#live.waiting.count(lane, tenant)));
    const waiting = lengths.reduce((sum, length) => sum + length, 0);
    if (waiting < limit) return;
    throw new Problem('quota-exceeded', `tenant ${tenant} has ${waiting} jobs waiting; its limit is ${limit}`, {
      waiting,
      limit,
    });
  }

  /** @throws Problem as `admitJob` */
  async admitBatch(tenant: string): Promise<void> {
    await this.#admitAnything(tenant);
    const { maxOpenBatches: limit } = await this.#tenants.get(tenant);
    const open = await this.#live.counters.countOpenOf(tenant);
    if (open < limit) return;
    throw new Problem('quota-exceeded', `tenant ${tenant} has ${open} batches with work left; its limit is ${limit}`, {
      open,
      limit,
    });
  }

  async #admitAnything(tenant: string): Promise<void> {
    await this.#checkMemory();
    await this.#policy.requireRoom();
    await this.#policy.admit(tenant);
  }

  async #checkMemory(): Promise<void> {
    const now = Date.now();
    if (now - this.#memory.at > MEMORY_CHECK_MS) {
      this.#memory = { share: await this.#live.backlog.memoryShare(), at: now };
    }
    if (this.#memory.share <= MEMORY_SHARE) return;
    const percent = Math.round(100 * this.#memory.share);
    throw new Problem('queue-full', `Redis uses ${percent} % of its memory limit; above 70 % nothing new is accepted`, {
      percent,
    });
  }
}
