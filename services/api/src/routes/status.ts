import type { ServiceStatus } from '@parse3d/contract';
import type { Control } from '@parse3d/control';
import { Router } from 'express';
import type { ApiDeps } from '../deps.js';
import { requireScope } from '../http/auth.js';
import { assess } from './health.js';

/** `GET /v1/status`: workers, queue, feeder, storage and Redis at a glance. It answers also while Redis is away. */
export function statusRoutes(deps: ApiDeps): Router {
  const router = Router();
  router.get('/v1/status', requireScope(deps.apiKeys, 'jobs:read'), async (_request, response) => {
    response.json(await serviceStatus(deps));
  });
  return router;
}

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
    const [queue, leading, workers, info] = await Promise.all([
      queueDepth(backlog),
      backlog.isFed(),
      heartbeats.live(),
      backlog.redisInfo().catch(() => () => undefined),
    ]);
    return {
      ...base,
      queue,
      feeder: { leading },
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
