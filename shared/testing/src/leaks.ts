/** Something that a test started and must stop: a process, a folder. */
interface Started {
  readonly what: string;
  readonly stop: () => Promise<void> | void;
}

const started = new Set<Started>();

/**
 * Notes that something was started; the function it returns notes that it was stopped.
 * @param stop ends it when the test forgot to
 */
export function track(what: string, stop: Started['stop']): () => void {
  const entry = { what, stop };
  started.add(entry);
  return () => void started.delete(entry);
}

/**
 * Stops what is still running and throws an error that names it. Belongs into an `afterAll`, after the test's own
 * clean-up: a test that starts something fails if it leaks it.
 */
export async function assertNothingLeaks(): Promise<void> {
  const leaked = [...started];
  started.clear();
  for (const { stop } of leaked) await stop();
  if (leaked.length > 0) throw new Error(`left behind by the test: ${leaked.map(({ what }) => what).join(', ')}`);
}
