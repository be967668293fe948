import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { Backoff } from '@parse3d/async';
import { Problem } from '@parse3d/contract/problems';
import { identify, signalGroup, type ProcessIdentity } from './processes.js';

export interface ProgramOptions {
  readonly name: string;
  readonly file: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  /** Receives everything that it writes. */
  readonly logFile: string;
  /** Resolves when the program can do its work; asked again at every start. */
  readonly ready: (child: ChildProcess, signal: AbortSignal) => Promise<void>;
  /** Asks a program that runs whether it still answers; throws when it does not. Without it only its end is noticed. */
  readonly answers?: (signal: AbortSignal) => Promise<void>;
  /** Pause between two of these questions, and the longest wait for an answer, in ms. @default 5000 */
  readonly lookEveryMs?: number;
  /** Time between SIGTERM and SIGKILL, in ms. */
  readonly stopGraceMs: number;
  /** Told when it ended unasked, and when it is back. */
  readonly onChange: (text: string) => void;
  /** Told whenever its process is another one. */
  readonly onProcess: () => void;
}

/** Longest time that a program may take until it is ready. */
const READY_TIMEOUT_MS = 120_000;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30_000;
/** Answers missed in a row after which a program counts as hung. */
const MISSES = 3;
/** After this time alive a crash counts as the first one again. */
const STEADY_MS = 60_000;

/** A program that is started again whenever it ends unasked, after a pause that doubles each time. */
export class SupervisedProgram {
  readonly #options: ProgramOptions;
  #child: ChildProcess | undefined;
  #identity: ProcessIdentity | undefined;
  #stopping = false;
  readonly #backoff = new Backoff({ firstMs: FIRST_PAUSE_MS, longestMs: LONGEST_PAUSE_MS });
  #restart: NodeJS.Timeout | undefined;
  #look: NodeJS.Timeout | undefined;

  constructor(options: ProgramOptions) {
    this.#options = options;
  }

  get identity(): ProcessIdentity | undefined {
    return this.#child === undefined ? undefined : this.#identity;
  }

  /** Starts it and waits until it is ready. @throws Problem with its last words */
  async start(): Promise<void> {
    await this.#launch();
    const child = this.#child;
    child?.once('exit', (code, signal) => this.#onUnaskedExit(code, signal));
    // It may have ended between being ready and this line.
    if (child !== undefined && hasEnded(child)) this.#onUnaskedExit(child.exitCode, child.signalCode);
    else if (child !== undefined) this.#lookAfter(child, 0);
  }

  /** Asks it to end, waits, and ends it after the grace time. */
  async stop(): Promise<void> {
    this.#stopping = true;
    clearTimeout(this.#restart);
    clearTimeout(this.#look);
    const child = this.#child;
    if (child?.pid === undefined || hasEnded(child)) return;
    const { pid } = child;
    const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    child.kill('SIGTERM');
    const timer = setTimeout(() => signalGroup(pid, 'SIGKILL'), this.#options.stopGraceMs);
    await gone;
    clearTimeout(timer);
  }

  /** Ends it and all that it started, now. */
  kill(): void {
    this.#stopping = true;
    clearTimeout(this.#restart);
    clearTimeout(this.#look);
    if (this.#child?.pid !== undefined && !hasEnded(this.#child)) signalGroup(this.#child.pid, 'SIGKILL');
  }

  /** Ends a program that lives and no longer answers, so that it is started again like one that ended. */
  #lookAfter(child: ChildProcess, misses: number): void {
    const { name, answers, lookEveryMs = 5_000, onChange } = this.#options;
    if (answers === undefined) return;
    this.#look = setTimeout(() => {
      void answers(AbortSignal.timeout(lookEveryMs))
        .then(
          () => 0,
          () => misses + 1,
        )
        .then((missed) => {
          if (this.#stopping || this.#child !== child || hasEnded(child) || child.pid === undefined) return;
          if (missed < MISSES) return this.#lookAfter(child, missed);
          onChange(`${name} does not answer any more; ending it`);
          signalGroup(child.pid, 'SIGKILL');
        });
    }, lookEveryMs);
    this.#look.unref();
  }

  async #launch(): Promise<void> {
    const { name, file, args, env, logFile, ready } = this.#options;
    const log = openSync(logFile, 'a', 0o600);
    const offset = (await stat(logFile)).size;
    // A group of its own: Ctrl-C in the terminal reaches us alone, and we stop the parts in their order.
    const child = spawn(file, args, { env, detached: true, stdio: ['ignore', log, log, 'ipc'] });
    closeSync(log);
    this.#child = child;
    if (child.pid !== undefined) this.#identity = identify(name, child.pid);
    this.#options.onProcess();

    const giveUp = new AbortController();
    let onExit: (error?: Error) => void = () => undefined;
    const ended = new Promise<never>((_resolve, reject) => {
      onExit = (error) => {
        const why = error?.message ?? describeEnd(child.exitCode, child.signalCode);
        lastWords(logFile, offset).then(
          (words) =>
            reject(new Problem('service-unavailable', `${name} could not be started (${why})${words}`, { logFile })),
          reject,
        );
      };
    });
    const ending = (): void => onExit();
    const failing = (error: Error): void => onExit(error);
    child.once('exit', ending);
    child.once('error', failing);
    const timer = setTimeout(() => {
      onExit(new Error(`it was not ready after ${READY_TIMEOUT_MS / 1000} s`));
    }, READY_TIMEOUT_MS);
    try {
      await Promise.race([ready(child, giveUp.signal), ended]);
    } catch (error) {
      if (child.pid !== undefined && !hasEnded(child)) signalGroup(child.pid, 'SIGKILL');
      throw error;
    } finally {
      clearTimeout(timer);
      giveUp.abort();
      child.removeListener('exit', ending);
      child.removeListener('error', failing);
      ended.catch(() => undefined);
      child.on('error', () => undefined);
    }
    const steady = setTimeout(() => this.#backoff.reset(), STEADY_MS);
    steady.unref();
    child.once('exit', () => clearTimeout(steady));
  }

  #onUnaskedExit(code: number | null, signal: NodeJS.Signals | null): void {
    clearTimeout(this.#look);
    if (this.#stopping) return;
    const { name, onChange } = this.#options;
    const pauseMs = this.#backoff.next();
    onChange(`${name} ended (${describeEnd(code, signal)}); starting it again in ${pauseMs / 1000} s`);
    this.#restart = setTimeout(() => {
      this.start().then(
        () => onChange(`${name} is back`),
        (error: unknown) => {
          if (!this.#stopping) onChange(error instanceof Error ? error.message : String(error));
          this.#onUnaskedExit(this.#child?.exitCode ?? null, this.#child?.signalCode ?? null);
        },
      );
    }, pauseMs);
  }
}

/** Resolves when a child says so over IPC. */
export function saysOverIpc<T>(child: ChildProcess, parse: (message: unknown) => T | undefined): Promise<T> {
  return new Promise((resolve) => {
    const listen = (message: unknown): void => {
      const value = parse(message);
      if (value === undefined) return;
      child.removeListener('message', listen);
      resolve(value);
    };
    child.on('message', listen);
  });
}

const hasEnded = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null;

const describeEnd = (code: number | null, signal: NodeJS.Signals | null): string =>
  signal === null ? `code ${code ?? 'unknown'}` : `by ${signal}`;

/** What a program wrote since it was started, without stacks: its problem, or its last lines. */
async function lastWords(logFile: string, offset: number): Promise<string> {
  const lines = (await readFile(logFile)).subarray(offset).toString('utf8').split('\n');
  const problem = lines
    .map((line) => /^\s*(?:Problem|Error): (.*)$/.exec(line)?.[1])
    .find((text) => text !== undefined);
  if (problem !== undefined) return `: ${problem}`;
  const last = lines.filter((line) => line.trim() !== '' && !/^\s+at /.test(line)).slice(-5);
  return last.length === 0 ? '' : `; its last lines:\n    ${last.join('\n    ')}`;
}
