import type { SegmentResult } from '@parse3d/engine';
import { ChildSupervisor, type ChildJob, type ChildOptions, type PackRef } from './supervisor.js';

/** A fixed number of slots; jobs wait for a free one in the order in which they came. */
export class ChildPool {
  readonly #free: ChildSupervisor[];
  readonly #all: readonly ChildSupervisor[];
  readonly #waiting: ((slot: ChildSupervisor) => void)[] = [];

  constructor(slots: number, options: ChildOptions) {
    this.#all = Array.from({ length: slots }, () => new ChildSupervisor(options));
    this.#free = [...this.#all];
  }

  /** Starts every child; resolves when all have verified their packs. */
  async start(): Promise<void> {
    await Promise.all(this.#all.map((slot) => slot.start()));
  }

  get packs(): readonly PackRef[] {
    return this.#all[0]?.packs ?? [];
  }

  /** Resident memory of the children, in bytes. */
  get memoryBytes(): number {
    return this.#all.reduce((sum, slot) => sum + slot.memoryBytes, 0);
  }

  /** @throws as ChildSupervisor.segment, and the signal's reason while waiting for a slot */
  async segment(job: ChildJob): Promise<SegmentResult> {
    return this.#withSlot(job.signal, (slot) => slot.segment(job));
  }

  /** Lets a free child look whether a pack can be used. @throws as ChildSupervisor.checkPack */
  async checkPack(packId: string, signal: AbortSignal): Promise<PackRef> {
    return this.#withSlot(signal, (slot) => slot.checkPack(packId));
  }

  async #withSlot<T>(signal: AbortSignal, work: (slot: ChildSupervisor) => Promise<T>): Promise<T> {
    const slot = await this.#acquire(signal);
    try {
      return await work(slot);
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#free.push(slot);
      else next(slot);
    }
  }

  async stop(): Promise<void> {
    await Promise.all(this.#all.map((slot) => slot.stop()));
  }

  #acquire(signal: AbortSignal): Promise<ChildSupervisor> {
    signal.throwIfAborted();
    const free = this.#free.shift();
    if (free !== undefined) return Promise.resolve(free);
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        const place = this.#waiting.indexOf(take);
        if (place >= 0) this.#waiting.splice(place, 1);
        reject(signal.reason);
      };
      const take = (slot: ChildSupervisor): void => {
        signal.removeEventListener('abort', onAbort);
        resolve(slot);
      };
      this.#waiting.push(take);
      signal.addEventListener('abort', onAbort, { once: true });
    });
  }
}
