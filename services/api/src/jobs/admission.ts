import type { Tenants } from '@parse3d/platform/access';
import { lanes, type Redis, type RedisKeys } from '@parse3d/control';
import { Problem } from '@parse3d/contract/problems';
import { infoField } from '../redis-info.js';

/** Share of Redis' memory limit above which nothing new is accepted: what is under way needs the rest. */
const MEMORY_SHARE = 0.7;

/** Memory is looked at no more often than this, in ms. */
const MEMORY_CHECK_MS = 1_000;

/** Says no while there is still room to do so: per tenant by what waits, for everybody by Redis' memory. */
export class Admission {
  readonly #redis: Redis;
  readonly #keys: RedisKeys;
  readonly #tenants: Tenants;
  #memory: { share: number; at: number } = { share: 0, at: 0 };

  constructor(redis: Redis, keys: RedisKeys, tenants: Tenants) {
    this.#redis = redis;
    this.#keys = keys;
    this.#tenants = tenants;
  }

  /** @throws Problem `quota-exceeded` or `queue-full`, both worth trying again later */
  async admitJob(tenant: string): Promise<void> {
    await this.#checkMemory();
    const { maxWaitingJobs } = await this.#tenants.get(tenant);
    const lengths = await Promise.all(lanes.map((lane) => this.#redis.llen(this.#keys.pending(lane, tenant))));
    const waiting = lengths.reduce((sum, length) => sum + length, 0);
    if (waiting < maxWaitingJobs) return;
    throw new Problem('quota-exceeded', `${waiting} jobs of tenant ${tenant} wait, ${maxWaitingJobs} may`, {
      waiting,
      limit: maxWaitingJobs,
    });
  }

  /** @throws Problem `quota-exceeded` or `queue-full` */
  async admitBatch(tenant: string): Promise<void> {
    await this.#checkMemory();
    const { maxOpenBatches } = await this.#tenants.get(tenant);
    const open = await this.#redis.zrange(this.#keys.openBatches, '0', '-1');
    const own = open.length === 0 ? [] : await this.#redis.zmscore(this.#keys.batches(tenant), ...open);
    const count = own.filter((score) => score !== null).length;
    if (count < maxOpenBatches) return;
    throw new Problem('quota-exceeded', `${count} batches of tenant ${tenant} have work left, ${maxOpenBatches} may`, {
      open: count,
      limit: maxOpenBatches,
    });
  }

  async #checkMemory(): Promise<void> {
    const now = Date.now();
    if (now - this.#memory.at > MEMORY_CHECK_MS) this.#memory = { share: await redisMemoryShare(this.#redis), at: now };
    if (this.#memory.share <= MEMORY_SHARE) return;
    const percent = Math.round(100 * this.#memory.share);
    throw new Problem('queue-full', `Redis uses ${percent} % of its memory limit; above 70 % nothing new is accepted`, {
      percent,
    });
  }
}

/** Share of its memory limit that Redis uses; 0 where it has no limit. */
export async function redisMemoryShare(redis: Redis): Promise<number> {
  const info = await redis.info('memory');
  const limit = Number(infoField(info, 'maxmemory') ?? 0);
  return limit === 0 ? 0 : Number(infoField(info, 'used_memory') ?? 0) / limit;
}
