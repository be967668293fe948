export interface EventuallyOptions {
  /** How long to wait. @default 20000 */
  readonly timeoutMs?: number | undefined;
  /** Pause between two looks. @default 50 */
  readonly everyMs?: number | undefined;
  /** What is waited for, for the message of a failure. */
  readonly what?: string | undefined;
}

type Falsy = false | 0 | 0n | '' | null | undefined;

/**
 * Looks again and again until `check` brings something truthy, and returns that. A check that throws counts as not yet.
 * @throws Error after `timeoutMs`, with the last value or error
 */
export async function eventually<T>(
  check: () => T | Promise<T>,
  { timeoutMs = 20_000, everyMs = 50, what = 'the condition' }: EventuallyOptions = {},
): Promise<Exclude<T, Falsy>> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const seen = await look(check);
    if ('value' in seen && isTruthy(seen.value)) return seen.value;
    if (performance.now() >= deadline) throw tooLate(what, timeoutMs, seen);
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}

type Seen<T> = { value: T } | { error: unknown };

async function look<T>(check: () => T | Promise<T>): Promise<Seen<T>> {
  try {
    return { value: await check() };
  } catch (error) {
    return { error };
  }
}

function isTruthy<T>(value: T): value is Exclude<T, Falsy> {
  return Boolean(value);
}

function tooLate(what: string, timeoutMs: number, seen: Seen<unknown>): Error {
  if ('error' in seen) {
    return new Error(`waited ${timeoutMs} ms for ${what}; the last look failed: ${String(seen.error)}`, {
      cause: seen.error,
    });
  }
  return new Error(`waited ${timeoutMs} ms for ${what}; last seen: ${describe(seen.value)}`);
}

function describe(value: unknown): string {
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value);
}
