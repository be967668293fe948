import { ServiceStatus } from '@parse3d/contract';
import type { Control } from '@parse3d/control';
import type { ApiDeps } from '../deps.js';
import { json } from '../http/answers.js';
import { operation } from '../http/operation.js';
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
  const { control, stores } = deps;
  const { backlog, workers: heartbeats, software } = control;
  const readiness = await assess(deps);
  const base = {
    software: { version: software.version, ...(software.commit === undefined ? {} : { commit: software.commit }) },
    readiness,
    storage: { scheme: stores.primary.scheme, bucket: stores.primary.bucket },
  };
  const away = { ...base, feeder: { leading: false }, workers: [], redis: {} };
  if (readiness.checks['redis']?.ok !== true) return away;
  try {
    const [queue, leading, workers, unreadable, info] = await Promise.all([
      queueDepth(backlog),
      backlog.isFed(),
      heartbeats.live(),
      control.unreadable.list(),
      backlog.redisInfo().catch(() => () => undefined),
    ]);
    return {
      ...base,
      queue,
      feeder: { leading },
      unreadableRecords: unreadable.length,
      workers: workers.map(({ pid: _pid, ...worker }) => worker),
      redis: redisFacts(info),
    };
  } catch (error) {
    deps.log.warn({ err: error }, 'status without Redis');
    return away;
  }
}

async function queueDepth(backlog: Control['backlog']): Promise<NonNullable<ServiceStatus['queue']>> {
  const pending = { interactive: 0, batch: 0 };
  for await (const { lane, count } of backlog.waiting()) pending[lane] += count;
  return { ...(await backlog.handedOver()), pending };
}

function redisFacts(info: (field: string) => string | undefined): ServiceStatus['redis'] {
  const version = info('redis_version');
  const used = Number(info('used_memory') ?? Number.NaN);
  return {
    ...(version === undefined ? {} : { version }),
    ...(Number.isFinite(used) ? { usedBytes: used } : {}),
  };
}
