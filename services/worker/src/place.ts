import { mkdir, rm, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Problem } from '@parse3d/contract/problems';

/** What can be wrong with a worker's surroundings: its disk, its machine, its store, or one of its packs. */
export type Part = 'disk' | 'machine' | 'storage' | `pack:${string}`;

export interface Trouble {
  readonly part: Part;
  readonly code: string;
  readonly detail: string;
  /** ISO time of the first failure since the part was last well. */
  readonly since: string;
}

export interface PlaceOptions {
  /** Looks whether a part is well again; throws the problem while it is not. */
  readonly probes: {
    readonly disk: () => Promise<void>;
    readonly machine: () => Promise<void>;
    readonly storage: () => Promise<void>;
    readonly pack: (packId: string) => Promise<void>;
  };
  /** Called whenever a part falls ill or gets well. */
  readonly onChange: (troubles: readonly Trouble[]) => void;
  /** Pause before the first look, in ms; each further one doubles it. @default 1000 */
  readonly firstPauseMs?: number;
  /** Longest pause, in ms. @default 60000 */
  readonly longestPauseMs?: number;
}

interface Illness extends Trouble {
  pauseMs: number;
  timer: NodeJS.Timeout | undefined;
}

/**
 * Whether this worker is fit to work. A fault of the place costs a job nothing: the job goes back, the part is looked at
 * again after a growing pause, and until it is well the worker takes no jobs (or, where it is a pack, does not announce
 * it). The pause goes on growing when a part that seemed well fails again, until a job has succeeded.
 */
export class Place {
  readonly #options: Required<Omit<PlaceOptions, 'firstPauseMs' | 'longestPauseMs'>>;
  readonly #firstPauseMs: number;
  readonly #longestPauseMs: number;
  readonly #ill = new Map<Part, Illness>();
  /** Last pauses of parts that seem well, kept until a job has succeeded. */
  readonly #pauses = new Map<Part, number>();
  #closed = false;

  constructor({ firstPauseMs = 1_000, longestPauseMs = 60_000, ...options }: PlaceOptions) {
    this.#options = options;
    this.#firstPauseMs = firstPauseMs;
    this.#longestPauseMs = longestPauseMs;
  }

  get troubles(): readonly Trouble[] {
    return [...this.#ill.values()].map(({ part, code, detail, since }) => ({ part, code, detail, since }));
  }

  /** False while something is wrong that every job would meet. */
  get isFit(): boolean {
    return ![...this.#ill.keys()].some((part) => !part.startsWith('pack:'));
  }

  hasPack(packId: string): boolean {
    return !this.#ill.has(`pack:${packId}`);
  }

  /**
   * Notes a fault of the place, and says how long the job should wait before it is tried again, in ms.
   *
   * @param part what is ill; undefined for a source that only this job needs
   */
  report(part: Part | undefined, problem: Problem): number {
    if (part === undefined || this.#closed) return this.#firstPauseMs;
    const known = this.#ill.get(part);
    if (known !== undefined) return known.pauseMs;
    const pauseMs = Math.min(this.#longestPauseMs, (this.#pauses.get(part) ?? this.#firstPauseMs / 2) * 2);
    const illness: Illness = {
      part,
      code: problem.code,
      detail: problem.message,
      since: new Date().toISOString(),
      pauseMs,
      timer: undefined,
    };
    this.#ill.set(part, illness);
    this.#lookLater(illness);
    this.#options.onChange(this.troubles);
    return pauseMs;
  }

  /** A job has succeeded with this pack: what it needed is well. */
  succeeded(packId: string): void {
    for (const part of ['disk', 'machine', 'storage', `pack:${packId}`] as const) this.#pauses.delete(part);
  }

  /** Stops looking. */
  close(): void {
    this.#closed = true;
    for (const { timer } of this.#ill.values()) clearTimeout(timer);
  }

  #lookLater(illness: Illness): void {
    illness.timer = setTimeout(() => void this.#look(illness), illness.pauseMs);
  }

  async #look(illness: Illness): Promise<void> {
    const { part } = illness;
    try {
      await this.#probe(part);
    } catch {
      if (this.#closed) return;
      illness.pauseMs = Math.min(this.#longestPauseMs, illness.pauseMs * 2);
      return this.#lookLater(illness);
    }
    if (this.#closed) return;
    this.#pauses.set(part, illness.pauseMs);
    this.#ill.delete(part);
    this.#options.onChange(this.troubles);
  }

  #probe(part: Part): Promise<void> {
    const { probes } = this.#options;
    if (part === 'disk' || part === 'machine' || part === 'storage') return probes[part]();
    return probes.pack(part.slice('pack:'.length));
  }
}

/** The part of the place that a problem speaks of; undefined when it is only about what one job needs. */
export function partOf(problem: Problem, packId: string, ownBucket: string): Part | undefined {
  switch (problem.code) {
    case 'disk-full':
      return 'disk';
    case 'machine-short':
      return 'machine';
    case 'pack-unavailable':
      return `pack:${packId}`;
    case 'storage-full':
      return 'storage';
    case 'storage-unavailable':
      // Volumes may lie in buckets of other owners: one of those being away is no reason to leave other jobs waiting.
      return problem.fields['bucket'] === undefined || problem.fields['bucket'] === ownBucket ? 'storage' : undefined;
    default:
      return undefined;
  }
}

/** Room that a disk must have before jobs are taken again, in bytes. */
const ENOUGH_BYTES = 64 * 1024 * 1024;

/** @throws Problem `disk-full`, or the error of the file system */
export async function probeDisk(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const { bavail, bsize } = await statfs(folder);
  const free = bavail * bsize;
  if (free < ENOUGH_BYTES) {
    throw new Problem('disk-full', `${free} bytes are free, ${ENOUGH_BYTES} are needed`, {
      free,
      needed: ENOUGH_BYTES,
    });
  }
  const path = join(folder, `probe-${process.pid}`);
  try {
    await writeFile(path, Buffer.alloc(64 * 1024));
  } finally {
    await rm(path, { force: true });
  }
}
