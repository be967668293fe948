import { ServiceStatus } from '@parse3d/contract';
import { liveWorkers } from '@parse3d/control';
import type { ApiDeps } from '../deps.js';
import { json } from '../http/answers.js';
import { operation } from '../http/operation.js';
import { pendingJobs } from '../jobs/pending.js';
import { infoField } from '../redis-info.js';
import { assess } from './health.js';

export const statusRoutes = [
  operation({
    method: 'get',
    path: '/v1/status',
    scope: 'jobs:read',
    id: 'serviceStatus',
    summary: 'Workers, queue, feeder, storage and Redis at a glance',
    tag: 'operations',
    answers: { '200': json(ServiceStatus, 'The service as it is now.') },
    async handler({ response }, deps) {
      response.json(await serviceStatus(deps));
    },
  }),
];

/** It answers also while Redis is away. */
async function serviceStatus(deps: ApiDeps): Promise<ServiceStatus> {
  const { software, stores } = deps;
  const readiness = await assess(deps);
  const base = {
    software: { version: software.version, ...(software.commit === undefined ? {} : { commit: software.commit }) },
    readiness,
    storage: { scheme: stores.primary.scheme, bucket: stores.primary.bucket },
  };
  const away = { ...base, feeder: { leading: false }, workers: [], redis: {} };
  if (readiness.checks['redis']?.ok !== true) return away;
  try {
    const { redis, keys } = deps;
    const [queue, leader, workers, info] = await Promise.all([
      queueDepth(deps),
      redis.get(keys.feederLock),
      liveWorkers(redis, keys),
      redis.info().catch(() => ''),
    ]);
    return {
      ...base,
      queue,
      feeder: { leading: leader !== null },
      workers: workers.map(({ pid: _pid, ...worker }) => worker),
      redis: redisFacts(info),
    };
  } catch (error) {
    deps.log.warn({ err: error }, 'status without Redis');
    return away;
  }
}

async function queueDepth({ queue, redis, keys }: ApiDeps): Promise<NonNullable<ServiceStatus['queue']>> {
  const counts = await queue.getJobCounts('waiting', 'prioritized', 'active', 'delayed');
  const pending = { interactive: 0, batch: 0 };
  for await (const { lane, count } of pendingJobs(redis, keys)) pending[lane] += count;
  return {
    waiting: (counts['waiting'] ?? 0) + (counts['prioritized'] ?? 0),
    active: counts['active'] ?? 0,
    delayed: counts['delayed'] ?? 0,
    pending,
  };
}

function redisFacts(info: string): ServiceStatus['redis'] {
  const version = infoField(info, 'redis_version');
  const used = Number(infoField(info, 'used_memory') ?? Number.NaN);
  return {
    ...(version === undefined ? {} : { version }),
    ...(Number.isFinite(used) ? { usedBytes: used } : {}),
  };
}
