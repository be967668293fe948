import { spawn, type ChildProcess } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Output kept of a process, for the message when it fails. */
const KEPT_CHARACTERS = 8000;

export interface StartedChild {
  readonly child: ChildProcess;
  readonly pid: number;
  /** Resolves when the process has ended. */
  readonly exited: Promise<void>;
  readonly isRunning: () => boolean;
  /** The last lines that it wrote. */
  readonly output: () => string;
}

export interface StartChildOptions {
  readonly env?: NodeJS.ProcessEnv | undefined;
  /** The process is ready when its output matches. */
  readonly readyWhen: RegExp;
  readonly timeoutMs: number;
}

/**
 * Starts a program and waits until it says that it is ready. It does not outlive this process.
 * @throws Error with its last lines when it ends before, or takes too long
 */
export async function startChild(
  program: string,
  args: readonly string[],
  { env, readyWhen, timeoutMs }: StartChildOptions,
): Promise<StartedChild> {
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'], env: { ...process.env, ...env } });
  let output = '';
  let running = true;
  const killOnExit = (): void => void child.kill('SIGTERM');
  process.once('exit', killOnExit);

  return new Promise((resolve, reject) => {
    const fail = (why: string): void => {
      clearTimeout(timer);
      child.kill('SIGTERM');
      reject(new Error(`${program} ${why}; its last lines:\n${output}`));
    };
    const timer = setTimeout(() => fail(`was not ready within ${timeoutMs} ms`), timeoutMs);
    const exited = new Promise<void>((ended) => {
      const end = (why: string): void => {
        running = false;
        process.removeListener('exit', killOnExit);
        fail(why);
        ended();
      };
      child.once('error', (error) => end(`could not be started (${error.message})`));
      child.once('close', (code, signal) => end(`ended (${signal ?? code})`));
    });
    const listen = (chunk: Buffer): void => {
      output = (output + chunk.toString()).slice(-KEPT_CHARACTERS);
      if (!readyWhen.test(output) || child.pid === undefined) return;
      clearTimeout(timer);
      resolve({ child, pid: child.pid, exited, isRunning: () => running, output: () => output });
    };
    child.stdout.on('data', listen);
    child.stderr.on('data', listen);
  });
}

/**
 * Asks the process to end.
 * @throws Error when it had to be killed after `graceMs`, since it may have left something behind
 */
export async function stopChild({ child, exited, isRunning }: StartedChild, graceMs: number): Promise<void> {
  if (!isRunning()) return;
  let killed = false;
  const timer = setTimeout(() => (killed = child.kill('SIGKILL')), graceMs);
  child.kill('SIGTERM');
  await exited;
  clearTimeout(timer);
  if (killed) throw new Error(`${child.spawnfile} did not end within ${graceMs} ms and was killed`);
}

/** The first of these programs that is not on the path. */
export function missingProgram(...programs: string[]): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  return programs.find((program) => !folders.some((folder) => isExecutable(join(folder, program))));
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
