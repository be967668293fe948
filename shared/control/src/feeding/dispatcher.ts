import { Latch } from '@parse3d/async';
import { Problem } from '@parse3d/contract/problems';
import type { Batches } from '../batches/batches.js';
import { BatchOverseer } from '../batches/overseer.js';
import type { ControlDeps } from '../jobs/deps.js';
import type { Jobs } from '../jobs/jobs.js';
import { Canary, LeaderLock } from '../live/leader.js';
import { Feeder, type FeederOptions } from './feeder.js';
import { reconcile, type Reconciliation } from './reconciler.js';

/** @default for `reconcileEveryMs` */
export const RECONCILE_EVERY_MS = 120_000;

export interface DispatcherOptions extends FeederOptions {
  /** Time between feeds when nothing wakes it, in ms. @default 1000 */
  readonly feedEveryMs?: number;
  /** Time between reconciliations, in ms. @default 120000 */
  readonly reconcileEveryMs?: number;
  /** How long a leader may be silent before another takes over, in ms. @default 5000 */
  readonly leaseMs?: number;
  readonly onError: (error: Problem) => void;
  /** Called at every turn of the leader, for what one process at a time should do; must not hold the feeding up. */
  readonly onTurn?: () => void;
  /** Called when Redis has lost what it held, before all of it is compared with storage. */
  readonly onLost?: () => void;
  readonly onReconciled?: (result: Reconciliation) => void;
}

/**
 * The loop that runs in every api process: whoever holds the leader lock feeds BullMQ, and reconciles at the start of
 * its reign and then regularly. `wake` makes it feed at once.
 */
export class Dispatcher {
  readonly #deps: ControlDeps;
  readonly #jobs: Jobs;
  readonly #options: DispatcherOptions;
  readonly #lock: LeaderLock;
  readonly #canary: Canary;
  readonly #feeder: Feeder;
  readonly #overseer: BatchOverseer;
  readonly #stop = new AbortController();
  readonly #latch = new Latch();
  #loop: Promise<void> | undefined;
  #reconcileAt = 0;
  #reconciling: Promise<void> | undefined;
  #leading = false;

  constructor(deps: ControlDeps, jobs: Jobs, batches: Batches, options: DispatcherOptions) {
    const { redis, keys } = deps.live;
    this.#deps = deps;
    this.#jobs = jobs;
    this.#options = options;
    this.#lock = new LeaderLock(redis, keys.feederLock, options.leaseMs ?? 5_000);
    this.#canary = new Canary(redis, keys.canary);
    this.#feeder = new Feeder(deps.live, { tracing: deps.tracing, ...options });
    this.#overseer = new BatchOverseer(deps, jobs, batches, (error) => options.onError(Problem.from(error)));
  }

  /** True while this process feeds the queue. */
  get leading(): boolean {
    return this.#leading;
  }

  start(): void {
    this.#loop ??= this.#run();
  }

  /** Something waits to be fed. */
  wake(): void {
    this.#latch.wake();
  }

  /** Redis came back and may have lost what it held. */
  reconcileSoon(): void {
    this.#reconcileAt = 0;
    this.wake();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    this.#latch.wake();
    await this.#loop;
    await this.#reconciling;
    await this.#overseer.stop();
    // The lock expires by itself; letting go of it only saves the next leader the wait.
    if (this.#leading) await this.#lock.release().catch(() => undefined);
  }

  async #run(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      try {
        this.#leading = await this.#lock.acquireOrRenew();
        if (this.#leading) await this.#lead();
        else {
          this.#reconcileAt = 0;
          this.#canary.leave();
        }
      } catch (error) {
        this.#leading = false;
        this.#failed(error);
      }
      if (!this.#stop.signal.aborted) await this.#latch.wait(this.#options.feedEveryMs ?? 1_000);
    }
  }

  async #lead(): Promise<void> {
    if (await this.#canary.isGone()) {
      this.#reconcileAt = 0;
      this.#options.onLost?.();
    }
    if (this.#reconciling === undefined && Date.now() >= this.#reconcileAt) {
      this.#reconcileAt = Date.now() + (this.#options.reconcileEveryMs ?? RECONCILE_EVERY_MS);
      // Within the turn: tending withdraws jobs of paused batches, which must not be fed again meanwhile.
      const mended = await this.#overseer.mend(this.#stop.signal).catch((error: unknown) => {
        this.#reconcileAt = 0;
        throw error;
      });
      this.#reconciling = this.#reconcile(mended)
        .catch((error: unknown) => {
          this.#reconcileAt = 0;
          this.#failed(error);
        })
        .finally(() => (this.#reconciling = undefined));
    }
    this.#options.onTurn?.();
    if (await this.#overseer.tend(this.#stop.signal)) this.wake();
    await this.#feeder.feed();
  }

  /** Beside the turns: comparing all that storage holds takes minutes, and feeding does not wait for it. */
  async #reconcile(mended: Omit<Reconciliation, 'markers'>): Promise<void> {
    const { signal } = this.#stop;
    // Together: single jobs do not wait until the counters of a large batch are there. Neither is left behind.
    const [recovered, reconciled] = await Promise.allSettled([
      this.#overseer.recover(signal),
      reconcile(this.#jobs, this.#deps, signal, (error) => this.#failed(error)),
    ]);
    if (recovered.status === 'rejected') throw recovered.reason;
    if (reconciled.status === 'rejected') throw reconciled.reason;
    const found = reconciled.value;
    if (signal.aborted) return;
    this.#options.onReconciled?.({
      markers: found.markers,
      settled: found.settled + mended.settled,
      fedAgain: found.fedAgain + mended.fedAgain,
      failed: found.failed + mended.failed,
    });
  }

  #failed(error: unknown): void {
    if (!this.#stop.signal.aborted) this.#options.onError(Problem.from(error, 'queue-unavailable'));
  }
}
