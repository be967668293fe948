import { Interrupted } from './kinds.js';

/**
 * Runs until it is done or the process is asked to end; then the signal aborts, and the call throws what it was aborted
 * with.
 * @param message what to tell somebody who pressed Ctrl-C
 */
export async function untilInterrupted<T>(run: (signal: AbortSignal) => Promise<T>, message?: string): Promise<T> {
  const controller = new AbortController();
  const interrupt = (): void => controller.abort(new Interrupted(message));
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, interrupt);
  try {
    return await run(controller.signal);
  } catch (error) {
    if (controller.signal.aborted) throw controller.signal.reason;
    throw error;
  } finally {
    for (const name of ['SIGINT', 'SIGTERM'] as const) process.removeListener(name, interrupt);
  }
}
