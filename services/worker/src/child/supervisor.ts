import { fork, type ChildProcess } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import type { Progress, SegmentRequest, SegmentResult } from '@parse3d/engine';
import { Problem } from '@parse3d/contract/problems';
import type { FromChild, ToChild } from './protocol.js';

/** A pack by id and version. */
export interface PackRef {
  readonly id: string;
  readonly version: string;
}

export interface ChildOptions {
  readonly packFolders: readonly string[];
  readonly device: string;
  readonly threads: number;
  /** Most slices in one pass of a promptable pack. @default the engine's */
  readonly slicesPerPass?: number | undefined;
  /** Resident memory above which the child is killed. Unit: bytes. */
  readonly memoryCapBytes: number;
  /** Time without a job after which the child is ended, so that an idle slot holds no memory, in ms. */
  readonly idleMs: number;
  /** Jobs after which the child is replaced. */
  readonly jobsPerChild: number;
  /** Longest silence of a working child, in ms. */
  readonly stallMs: number;
  /** Time between the request to stop and SIGKILL, in ms. */
  readonly graceMs: number;
  /** The child's stderr, line by line. */
  readonly onLog: (line: string) => void;
  /** A model was loaded, on behalf of the first job that needs it. */
  readonly onModelLoaded?: (packId: string, durationMs: number) => void;
  /** A child has started with these packs, which may be fewer than before. */
  readonly onPacks?: (packs: readonly PackRef[]) => void;
}

export interface ChildJob {
  readonly packId: string;
  readonly request: SegmentRequest;
  readonly deadlineMs: number;
  readonly onProgress: (progress: Progress) => void;
  /** Aborting stops the child: by itself, or by SIGKILL after the grace time. The call then throws the reason. */
  readonly signal: AbortSignal;
}

/** How often memory, deadline and silence are looked at. */
const WATCH_EVERY_MS = 250;

/** A child that has just started must verify its packs; a large one is read from disk once. */
const START_TIMEOUT_MS = 5 * 60_000;

/** No secret reaches the process that parses strangers' files: only what programs and CUDA need. */
const PASSED_ON = /^(PATH|HOME|TMPDIR|LANG|LC_.*|TZ|LD_LIBRARY_PATH|CUDA_.*|NVIDIA_.*|OMP_.*)$/;

/**
 * One slot: a child process that computes one job at a time and is replaced when it crashed, was killed or has served
 * long enough. The parent never computes, so that its locks are always renewed in time.
 */
export class ChildSupervisor {
  readonly #options: ChildOptions;
  #child: ChildProcess | undefined;
  #ready: Promise<void> | undefined;
  #served = 0;
  #packs: readonly PackRef[] = [];
  #memoryBytes = 0;
  /** Calls that need the child now. */
  #users = 0;
  #idle: NodeJS.Timeout | undefined;

  constructor(options: ChildOptions) {
    this.#options = options;
  }

  /** Packs that the child has verified. */
  get packs(): readonly PackRef[] {
    return this.#packs;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Resident memory at the last look, in bytes. */
  get memoryBytes(): number {
    return this.#memoryBytes;
  }

  /** Starts the child if there is none; resolves when its packs are verified. */
  async start(): Promise<void> {
    if (this.#child !== undefined && this.#ready !== undefined) return this.#ready;
    const child = fork(new URL('./main.js', import.meta.url), [], {
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      env: Object.fromEntries(Object.entries(process.env).filter(([name]) => PASSED_ON.test(name))),
      execArgv: [],
    });
    this.#child = child;
    this.#served = 0;
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      for (const line of text.split('\n')) if (line.trim() !== '') this.#options.onLog(line);
    });
    // Without a listener a pipe that breaks, or a machine without room for a process, would end the worker.
    child.stderr?.on('error', () => undefined);
    child.on('error', () => undefined);
    child.on('exit', () => {
      if (this.#child === child) this.#child = undefined;
    });
    this.#ready = this.#awaitReady(child);
    const { packFolders, device, threads, slicesPerPass, memoryCapBytes } = this.#options;
    send(child, { type: 'init', packFolders, device, threads, slicesPerPass, memoryCapBytes });
    return this.#ready;
  }

  /**
   * @throws Problem of the job itself; `child-crashed`, `child-stalled`, `memory-cap`, `deadline-exceeded`; or the
   *   signal's reason
   */
  async segment(job: ChildJob): Promise<SegmentResult> {
    job.signal.throwIfAborted();
    return this.#using(async () => {
      await this.start();
      // Starting takes seconds, and an abort in the meantime is not heard of again.
      job.signal.throwIfAborted();
      const child = this.#child;
      if (child === undefined) throw new Problem('child-crashed', 'the computing process ended while it started');
      try {
        return await this.#run(child, job);
      } finally {
        this.#served++;
        if (this.#served >= this.#options.jobsPerChild) await this.stop();
      }
    });
  }

  /**
   * Lets the idle child look whether a pack can be used.
   *
   * @throws Problem `pack-unavailable`, or the one that kept the child from answering
   */
  checkPack(packId: string): Promise<PackRef> {
    return this.#using(() => this.#checkPack(packId));
  }

  async #checkPack(packId: string): Promise<PackRef> {
    await this.start();
    const child = this.#child;
    if (child === undefined) throw new Problem('child-crashed', 'the computing process ended while it started');
    return new Promise((resolve, reject) => {
      const onMessage = (message: FromChild): void => {
        if (message.type !== 'pack-ready' && message.type !== 'problem') return;
        finish();
        if (message.type === 'pack-ready') resolve(message.pack);
        else reject(Problem.fromJSON(message.problem));
      };
      const onExit = (code: number | null, signal: string | null): void => {
        finish();
        reject(crashed(code, signal));
      };
      const finish = (): void => {
        child.off('message', onMessage);
        child.off('exit', onExit);
      };
      child.on('message', onMessage);
      child.on('exit', onExit);
      send(child, { type: 'check-pack', packId });
    });
  }

  /** Ends the child and waits until it is gone. */
  async stop(): Promise<void> {
    clearTimeout(this.#idle);
    const child = this.#child;
    if (child === undefined) return;
    this.#child = undefined;
    this.#memoryBytes = 0;
    await kill(child);
  }

  /**
   * Keeps the child while `work` lasts, and ends it when nobody has needed it for a while: only a process that ends gives
   * all of its memory back. What a closed session frees stays in malloc's heap, in good part.
   */
  async #using<T>(work: () => Promise<T>): Promise<T> {
    clearTimeout(this.#idle);
    this.#users++;
    try {
      return await work();
    } finally {
      this.#users--;
      if (this.#users === 0) {
        this.#idle = setTimeout(() => void this.stop(), this.#options.idleMs);
        this.#idle.unref();
      }
    }
  }

  #awaitReady(child: ChildProcess): Promise<void> {
    return new Promise((resolve, reject) => {
      const fail = (problem: Problem): void => {
        finish();
        if (this.#child === child) this.#child = undefined;
        child.kill('SIGKILL');
        reject(problem);
      };
      const onMessage = (message: FromChild): void => {
        if (message.type === 'problem') return fail(Problem.fromJSON(message.problem));
        if (message.type !== 'ready') return;
        this.#packs = message.packs;
        this.#options.onPacks?.(message.packs);
        finish();
        resolve();
      };
      const onExit = (code: number | null, signal: string | null): void => fail(crashed(code, signal));
      const onError = (error: Error): void => fail(Problem.from(error, 'child-crashed'));
      const timer = setTimeout(
        () => fail(new Problem('child-stalled', `the computing process was not ready after ${START_TIMEOUT_MS} ms`)),
        START_TIMEOUT_MS,
      );
      const finish = (): void => {
        clearTimeout(timer);
        child.off('message', onMessage);
        child.off('exit', onExit);
        child.off('error', onError);
      };
      child.on('message', onMessage);
      child.on('exit', onExit);
      child.on('error', onError);
    });
  }

  #run(child: ChildProcess, job: ChildJob): Promise<SegmentResult> {
    const startedAt = Date.now();
    let lastSignAt = startedAt;
    return new Promise((resolve, reject) => {
      /** Set once the child must not go on; the first reason stands. */
      let fatal: { readonly reason: unknown } | undefined;
      let graceTimer: NodeJS.Timeout | undefined;

      const stopBecause = (reason: unknown, graceMs: number): void => {
        if (fatal !== undefined) return;
        fatal = { reason };
        if (graceMs > 0) send(child, { type: 'abort' });
        graceTimer = setTimeout(() => void kill(child), graceMs);
      };
      const onAbort = (): void => stopBecause(job.signal.reason, this.#options.graceMs);
      const watch = setInterval(() => {
        const now = Date.now();
        if (now - startedAt > job.deadlineMs) {
          stopBecause(
            new Problem('deadline-exceeded', `the job ran longer than ${job.deadlineMs} ms`, {
              deadlineMs: job.deadlineMs,
            }),
            0,
          );
        } else if (now - lastSignAt > this.#options.stallMs) {
          stopBecause(new Problem('child-stalled', `no progress for ${this.#options.stallMs} ms`), 0);
        }
        void residentBytes(child.pid).then((bytes) => {
          this.#memoryBytes = bytes;
          const cap = this.#options.memoryCapBytes;
          if (bytes <= cap) return;
          stopBecause(
            new Problem('memory-cap', `the job needed more than ${cap} bytes of memory`, { capBytes: cap, bytes }),
            0,
          );
        });
      }, WATCH_EVERY_MS);

      const finish = (): void => {
        clearInterval(watch);
        clearTimeout(graceTimer);
        job.signal.removeEventListener('abort', onAbort);
        child.off('message', onMessage);
        child.off('exit', onExit);
      };
      const onMessage = (message: FromChild): void => {
        lastSignAt = Date.now();
        switch (message.type) {
          case 'model-loaded':
            return this.#options.onModelLoaded?.(message.packId, message.durationMs);
          case 'progress':
            return job.onProgress(message.progress);
          case 'done':
            finish();
            // A stop that came too late for the child still holds for the caller.
            return fatal === undefined ? resolve(message.result) : reject(fatal.reason);
          case 'problem':
            finish();
            return reject(fatal === undefined ? Problem.fromJSON(message.problem) : fatal.reason);
          case 'ready':
          case 'pack-ready':
            return;
          default:
            message satisfies never;
        }
      };
      const onExit = (code: number | null, signal: string | null): void => {
        finish();
        reject(fatal === undefined ? crashed(code, signal) : fatal.reason);
      };
      child.on('message', onMessage);
      child.on('exit', onExit);
      job.signal.addEventListener('abort', onAbort, { once: true });
      send(child, { type: 'segment', packId: job.packId, request: job.request });
    });
  }
}

function crashed(code: number | null, signal: string | null): Problem {
  const how = signal === null ? `with code ${code ?? 'unknown'}` : `by signal ${signal}`;
  return new Problem('child-crashed', `the computing process ended ${how}`, { exitCode: code, signal });
}

function send(child: ChildProcess, message: ToChild): void {
  // A child that is gone shows as its exit event; the failed send tells nothing more.
  child.send(message, () => undefined);
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.kill('SIGKILL');
  await gone;
}

/** Resident memory of a process from /proc, or 0 where there is none (gone, or not Linux). */
async function residentBytes(pid: number | undefined): Promise<number> {
  if (pid === undefined) return 0;
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024;
}
