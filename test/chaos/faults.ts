import { truncate, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { eventually } from '@parse3d/shared/testing';
import { Redis } from 'ioredis';
import { childrenOf } from '../support/processes.js';
import type { Service, Stack } from '../support/stack.js';

export type Fault = 'kill-worker' | 'kill-child' | 'stop-worker' | 'kill-redis' | 'truncate-aof' | 'flush-redis';

export const faults: readonly Fault[] = [
  'kill-worker',
  'kill-worker',
  'kill-child',
  'kill-child',
  'kill-child',
  'stop-worker',
  'kill-redis',
  'truncate-aof',
  'flush-redis',
];

/** Workers that are stopped for a while and woken later. */
const asleep: number[][] = [];

/** Does something bad to a running stack, and leaves it able to go on: as many workers as before, Redis up. */
export async function strike(fault: Fault, stack: Stack, pick: <T>(choices: readonly T[]) => T): Promise<void> {
  const alive = stack.workers.filter(({ process }) => process.exitCode === null && process.signalCode === null);
  const victim = alive.length === 0 ? undefined : pick(alive);
  switch (fault) {
    case 'kill-worker':
      victim?.kill('SIGKILL');
      await stack.startWorker();
      return;
    case 'kill-child':
      for (const child of victim === undefined ? [] : await childrenOf(victim.pid)) tryKill(child, 'SIGKILL');
      return;
    case 'stop-worker':
      if (victim !== undefined) await putToSleep(victim);
      await stack.startWorker();
      await wakeOne(stack);
      return;
    case 'kill-redis':
      await stack.redis.kill();
      await stack.redis.restart();
      return;
    case 'truncate-aof':
      await stack.redis.kill();
      await cutAppendOnlyFile(stack.redis.dir);
      await stack.redis.restart();
      return;
    case 'flush-redis': {
      const redis = new Redis(stack.redis.url);
      await redis.flushall();
      redis.disconnect();
      return;
    }
    default:
      fault satisfies never;
  }
}

/** Wakes every stopped worker, for the end of a run. */
export async function wakeAll(): Promise<void> {
  for (const pids of asleep.splice(0)) for (const pid of pids) tryKill(pid, 'SIGCONT');
  await Promise.resolve();
}

async function putToSleep(worker: Service): Promise<void> {
  const pids = [worker.pid, ...(await childrenOf(worker.pid))];
  for (const pid of pids) tryKill(pid, 'SIGSTOP');
  asleep.push(pids);
}

/** The longest sleeper wakes up and is then told to go, so that their number does not grow. */
async function wakeOne(stack: Stack): Promise<void> {
  if (asleep.length < 2) return;
  const pids = asleep.shift() ?? [];
  for (const pid of [...pids].reverse()) tryKill(pid, 'SIGCONT');
  const worker = stack.workers.find(({ pid }) => pid === pids[0]);
  worker?.kill('SIGTERM');
  await Promise.resolve();
}

/** Cuts the last bytes off the file that a crash may have left half-written. */
async function cutAppendOnlyFile(folder: string): Promise<void> {
  const aof = join(folder, 'appendonlydir');
  const names = (await readdir(aof)).filter((name) => name.endsWith('.incr.aof')).sort();
  const newest = names.at(-1);
  if (newest === undefined) return;
  const path = join(aof, newest);
  const { size } = await stat(path);
  await truncate(path, Math.max(0, Math.floor(size * 0.9)));
}

function tryKill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // Gone already.
  }
}

/** Redis answers and the api says that it is ready. */
export async function recovered(stack: Stack): Promise<void> {
  await eventually(async () => (await stack.api.send('GET', '/readyz')).status === 200, {
    what: 'the stack to be ready',
    timeoutMs: 60_000,
  });
}
