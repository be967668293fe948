import { readFileSync } from 'node:fs';
import { z } from 'zod';

/** A process that cannot be mistaken for another one that got the same number later. */
export const ProcessIdentity = z.object({
  name: z.string(),
  pid: z.int().positive(),
  /** Start time in clock ticks since boot, where /proc tells it. */
  startTicks: z.string().optional(),
});
export type ProcessIdentity = z.infer<typeof ProcessIdentity>;

export function identify(name: string, pid: number): ProcessIdentity {
  const startTicks = startTicksOf(pid);
  return { name, pid, ...(startTicks === undefined ? {} : { startTicks }) };
}

export function isAlive({ pid, startTicks }: ProcessIdentity): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // Alive, but somebody else's.
    return error instanceof Error && 'code' in error && error.code === 'EPERM' && startTicks === undefined;
  }
  return startTicks === undefined || startTicksOf(pid) === startTicks;
}

/** Sends a signal to a process and all that it started, when it leads its own group; nothing happens when it is gone. */
export function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch {
    // Gone already.
  }
}

/** Sends a signal to one process; nothing happens when it is gone. */
export function signalProcess(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // Gone already.
  }
}

/** Field 22 of /proc/<pid>/stat; undefined for a process that is gone, is a zombie, or where there is no /proc. */
function startTicksOf(pid: number): string | undefined {
  try {
    // The name in parentheses may hold anything, blanks and parentheses too.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\)\s/s, '')
      .split(' ');
    return fields[0] === 'Z' ? undefined : fields[19];
  } catch {
    return undefined;
  }
}
