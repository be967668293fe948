import { basename } from 'node:path';
import { Readiness } from '@parse3d/contract';
import type { Control } from '@parse3d/control';
import type { ApiDeps } from '../deps.js';
import { json } from '../http/answers.js';
import { operation } from '../http/operation.js';

export const healthRoutes = [
  operation({
    method: 'get',
    path: '/healthz',
    scope: 'public',
    id: 'health',
    summary: 'The process lives',
    tag: 'operations',
    answers: { '200': { description: 'It does.' } },
    handler({ response }) {
      response.json({ ok: true });
    },
  }),

  operation({
    method: 'get',
    path: '/readyz',
    scope: 'public',
    id: 'readiness',
    summary: 'The service can do its work',
    tag: 'operations',
    answers: { '200': json(Readiness, 'Ready.'), '503': json(Readiness, 'Not ready, and why.') },
    async handler({ response }, deps) {
      const readiness = await assess(deps);
      response.status(readiness.ready ? 200 : 503).json(readiness);
    },
  }),
];

/** What works, what does not, and what should be set up better. */
export async function assess(deps: ApiDeps): Promise<Readiness> {
  const warnings: string[] = [];
  const redis = await checkRedis(deps.control.backlog, warnings);
  const storage = (await deps.stores.primary.healthy())
    ? { ok: true }
    : { ok: false, detail: `bucket ${deps.stores.primary.bucket} does not answer` };
  const shortage = await deps.control.policy.shortage();
  if (shortage !== undefined) warnings.push(`storage-full: nothing new is accepted, since ${shortage.detail}`);
  const draining = deps.draining.aborted;
  if (redis.ok && (await deps.control.workers.live()).length === 0) {
    warnings.push('no worker has been heard of lately: jobs are accepted and wait');
  }
  for (const { folder, problem } of deps.packs.rejected) {
    // Anybody may read this: the path of a folder is for the log.
    const name = basename(folder);
    warnings.push(`pack ${name} is not usable: ${problem.message.replaceAll(folder, name)}`);
  }
  return {
    // A full disk leaves the service ready: results can be read, and removing some is what makes room.
    ready: redis.ok && storage.ok && !draining,
    checks: {
      redis,
      storage,
      room: shortage === undefined ? { ok: true } : { ok: false, detail: `storage-full: ${shortage.detail}` },
      server: draining ? { ok: false, detail: 'draining' } : { ok: true },
    },
    warnings,
  };
}

async function checkRedis(backlog: Control['backlog'], warnings: string[]): Promise<{ ok: boolean; detail?: string }> {
  try {
    await backlog.ping();
  } catch {
    return { ok: false, detail: 'Redis does not answer' };
  }
  try {
    const info = await backlog.redisInfo();
    const policy = info('maxmemory_policy');
    if (policy !== undefined && policy !== 'noeviction') {
      warnings.push(
        `Redis evicts keys (maxmemory-policy ${policy}); set it to noeviction or live job records will be lost`,
      );
    }
    if (info('aof_enabled') === '0') {
      warnings.push(
        'Redis has no append-only file: a restart is repaired from storage, but more slowly (appendonly yes)',
      );
    }
    if (info('role') === 'slave') return { ok: false, detail: 'this Redis is a read-only replica' };
  } catch {
    // Some hosted servers refuse INFO; not knowing its settings is not a fault.
  }
  return { ok: true };
}
