import { once } from 'node:events';
import { truncate, readdir, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Fault as Break, FaultyProxy } from '@parse3d/testing';
import { Redis } from 'ioredis';
import { childrenOf } from '../support/processes.js';
import type { SmallDisk } from '../support/small-disk.js';
import type { Service, Stack } from '../support/stack.js';
import type { DamagedKind, Vandal } from './damage.js';
import { Outages } from './outages.js';
import type { Random } from './random.js';

const processFaults = ['kill-worker', 'kill-child', 'stop-worker', 'stop-parent', 'stop-child', 'kill-api'] as const;
const redisFaults = ['kill-redis', 'truncate-aof', 'flush-redis'] as const;
const storeFaults = ['store-refuses', 'store-hangs', 'store-cuts-answers', 'store-cuts-writes', 'store-away'] as const;
const placeFaults = ['pack-away', 'damage-record'] as const;
export type Fault =
  | (typeof processFaults)[number]
  | (typeof redisFaults)[number]
  | (typeof storeFaults)[number]
  | (typeof placeFaults)[number]
  | 'fill-disk';

/** What a fault was, with the kind of the record for one that damaged a record. */
export type Struck = Fault | `damage-${DamagedKind}`;

/** What the faults need besides the stack. */
export interface Targets {
  /** What stands between the services and their store; without it the store is left in peace. */
  readonly store: FaultyProxy | undefined;
  /** The disk of the workers' scratch; without it no disk is filled. */
  readonly disk: SmallDisk | undefined;
  /** A file without which the pack of the jobs cannot be loaded. */
  readonly packFile: string;
  readonly vandal: Vandal;
}

/** The head of an answer, and some of its body where it has one. */
const INTO_THE_BODY = 600;

/** Does bad things to a running stack, and leaves it able to go on: as many workers as before, Redis up. */
export class Saboteur {
  readonly #stack: Stack;
  readonly #random: Random;
  readonly #targets: Targets;
  readonly #outages: Outages;
  #api: Service;
  readonly #deal: () => Fault;
  /** Processes of workers that are stopped, oldest first. */
  readonly #asleep: number[][] = [];
  /** Stopped children; those whose parent is killed meanwhile can notice it only once they go on. */
  readonly #stopped: number[] = [];

  /** @param onFault called when something that was taken away does not come back */
  constructor(stack: Stack, random: Random, targets: Targets, onFault: (error: unknown) => void) {
    this.#stack = stack;
    this.#random = random;
    this.#targets = targets;
    this.#api = stack.apiService;
    this.#outages = new Outages(onFault);
    this.#deal = random.deck<Fault>([
      ...processFaults,
      ...redisFaults,
      ...placeFaults,
      ...(targets.store === undefined ? [] : storeFaults),
      ...(targets.disk === undefined ? [] : (['fill-disk'] as const)),
      // Killing is what happens most, and there are many kinds of records.
      'kill-worker',
      'kill-child',
      'damage-record',
    ]);
  }

  /** Does the next of its deck, and tells which that was. */
  async strike(): Promise<Struck> {
    const fault = this.#deal();
    if (fault === 'damage-record') return `damage-${await this.#targets.vandal.strike()}`;
    await this.#commit(fault);
    return fault;
  }

  /** Wakes every stopped worker, brings back what is away and mends the way to the store, for the end of a run. */
  async calm(): Promise<void> {
    await this.#outages.endAll();
    this.#targets.store?.inject();
    for (const pid of [...this.#asleep.splice(0).flat(), ...this.#stopped.splice(0)]) send(pid, 'SIGCONT');
  }

  async #commit(fault: Exclude<Fault, 'damage-record'>): Promise<void> {
    const { redis, workers } = this.#stack;
    const alive = workers.filter(({ process }) => process.exitCode === null && process.signalCode === null);
    const victim = alive.length === 0 ? undefined : this.#random.pick(alive);
    switch (fault) {
      case 'kill-worker':
        victim?.kill('SIGKILL');
        await this.#stack.startWorker();
        return;
      case 'kill-child':
        for (const child of await children(victim)) send(child, 'SIGKILL');
        return;
      case 'stop-worker':
      case 'stop-parent':
        if (victim !== undefined) await this.#putToSleep(victim, fault === 'stop-worker');
        await this.#stack.startWorker();
        this.#wakeOne();
        return;
      case 'stop-child':
        // Its parent notices the silence and replaces it.
        for (const child of await children(victim)) {
          send(child, 'SIGSTOP');
          this.#stopped.push(child);
        }
        return;
      case 'kill-api':
        return this.#killApi();
      case 'kill-redis':
        await redis.kill();
        await redis.restart();
        return;
      case 'truncate-aof':
        await redis.kill();
        await cutAppendOnlyFile(redis.dir);
        await redis.restart();
        return;
      case 'flush-redis': {
        const connection = new Redis(redis.url);
        await connection.flushall();
        connection.disconnect();
        return;
      }
      case 'store-refuses':
        return this.#break(/^/, { requestBytes: 0 }, 'refuse');
      case 'store-hangs':
        return this.#break(/^GET/, { answerBytes: INTO_THE_BODY }, 'stall');
      case 'store-cuts-answers':
        return this.#break(/^/, { answerBytes: 100 }, 'reset');
      case 'store-cuts-writes':
        return this.#break(/^PUT/, { requestBytes: INTO_THE_BODY }, 'reset');
      case 'store-away':
        return this.#outages.begin('store', () => this.#storeAway(), this.#lastsMs());
      case 'fill-disk': {
        const { disk } = this.#targets;
        if (disk === undefined) return;
        return this.#outages.begin('disk', () => disk.fill(), this.#lastsMs());
      }
      case 'pack-away': {
        const { packFile } = this.#targets;
        return this.#outages.begin('pack', () => moveAway(packFile), this.#lastsMs());
      }
      default:
        fault satisfies never;
    }
  }

  /** Somewhere in the middle of the submission that is made meanwhile. Another one takes its place. */
  async #killApi(): Promise<void> {
    await pause(this.#random.next() * 40);
    const gone = once(this.#api.process, 'exit');
    this.#api.kill('SIGKILL');
    await gone;
    this.#api = (await this.#stack.startApi()).service;
  }

  #storeAway(): Promise<() => void> {
    const refusal: Break = { request: /^/, after: { requestBytes: 0 }, how: 'refuse', times: Infinity };
    this.#targets.store?.add(refusal);
    return Promise.resolve(() => {
      refusal.times = 0;
    });
  }

  /** How long something is away, in ms. */
  #lastsMs(): number {
    return this.#random.pick([500, 2_000, 5_000]);
  }

  /** Few enough to be outlived by tries that follow, or so many that they are not. */
  #break(request: RegExp, after: Break['after'], how: Break['how']): void {
    this.#targets.store?.add({ request, after, how, times: this.#random.pick([1, 3, 10, 30]) });
  }

  async #putToSleep(worker: Service, withChildren: boolean): Promise<void> {
    const pids = [worker.pid, ...(withChildren ? await children(worker) : [])];
    for (const pid of pids) send(pid, 'SIGSTOP');
    this.#asleep.push(pids);
  }

  /** The longest sleeper wakes up and is then told to go, so that their number does not grow. */
  #wakeOne(): void {
    if (this.#asleep.length < 2) return;
    const pids = this.#asleep.shift() ?? [];
    for (const pid of [...pids].reverse()) send(pid, 'SIGCONT');
    this.#stack.workers.find(({ pid }) => pid === pids[0])?.kill('SIGTERM');
  }
}

const children = async (worker: Service | undefined): Promise<number[]> =>
  worker === undefined ? [] : childrenOf(worker.pid);

async function moveAway(path: string): Promise<() => Promise<void>> {
  await rename(path, `${path}.away`);
  return () => rename(`${path}.away`, path);
}

/** Cuts the last bytes off the file that a crash may have left half-written. */
async function cutAppendOnlyFile(folder: string): Promise<void> {
  const aof = join(folder, 'appendonlydir');
  const names = (await readdir(aof)).filter((name) => name.endsWith('.incr.aof')).sort();
  const newest = names.at(-1);
  if (newest === undefined) return;
  const path = join(aof, newest);
  const { size } = await stat(path);
  await truncate(path, Math.floor(size * 0.9));
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // Gone already.
  }
}
