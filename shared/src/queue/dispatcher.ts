import { Problem } from '../problems/index.js';
import type { Stores } from '../storage/index.js';
import { BatchOverseer } from './batches/overseer.js';
import { Feeder, type FeederOptions } from './feeder.js';
import { LeaderLock } from './leader.js';
import { reconcile, type Reconciliation, type ReconcilerDeps } from './reconciler.js';

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
  readonly onReconciled?: (result: Reconciliation) => void;
}

export type DispatcherDeps = Omit<ReconcilerDeps, 'store'> & { readonly stores: Stores };

/**
 * The loop that runs in every api process: whoever holds the leader lock feeds BullMQ, and reconciles at the start of
 * its reign and then regularly. `wake` makes it feed at once.
 */
export class Dispatcher {
  readonly #deps: DispatcherDeps;
  readonly #options: DispatcherOptions;
  readonly #lock: LeaderLock;
  readonly #feeder: Feeder;
  readonly #overseer: BatchOverseer;
  readonly #stop = new AbortController();
  #wake: () => void = () => undefined;
  #woken = false;
  #loop: Promise<void> | undefined;
  #reconcileAt = 0;
  #leading = false;

  constructor(deps: DispatcherDeps, options: DispatcherOptions) {
    this.#deps = deps;
    this.#options = options;
    this.#lock = new LeaderLock(deps.redis, deps.keys.feederLock, options.leaseMs ?? 5_000);
    this.#feeder = new Feeder(deps.redis, deps.keys, deps.queue, deps.records, options);
    this.#overseer = new BatchOverseer(deps, (error) => options.onError(Problem.from(error)));
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
    this.#woken = true;
    this.#wake();
  }

  /** Redis came back and may have lost what it held. */
  reconcileSoon(): void {
    this.#reconcileAt = 0;
    this.wake();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    this.#wake();
    await this.#loop;
    await this.#overseer.stop();
    // The lock expires by itself; letting go of it only saves the next leader the wait.
    if (this.#leading) await this.#lock.release().catch(() => undefined);
  }

  async #run(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      try {
        this.#leading = await this.#lock.acquireOrRenew();
        if (this.#leading) await this.#lead();
        else this.#reconcileAt = 0;
      } catch (error) {
        this.#leading = false;
        if (!this.#stop.signal.aborted) this.#options.onError(Problem.from(error, 'queue-unavailable'));
      }
      await this.#pause(this.#options.feedEveryMs ?? 1_000);
    }
  }

  async #lead(): Promise<void> {
    if (Date.now() >= this.#reconcileAt) {
      await this.#overseer.recover(this.#stop.signal);
      await this.#overseer.mend(this.#stop.signal);
      const result = await reconcile({ ...this.#deps, store: this.#deps.stores.primary }, this.#stop.signal);
      this.#reconcileAt = Date.now() + (this.#options.reconcileEveryMs ?? 120_000);
      this.#options.onReconciled?.(result);
    }
    this.#options.onTurn?.();
    await this.#overseer.tend(this.#stop.signal);
    await this.#feeder.feed();
  }

  async #pause(ms: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
      if (this.#woken || this.#stop.signal.aborted) this.#wake();
    });
    this.#woken = false;
  }
}
