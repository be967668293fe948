import { isProblem } from '@parse3d/contract/problems';

/** `skip`: nothing there to look at, which is not a fault. */
export type CheckStatus = 'ok' | 'warn' | 'fail' | 'skip';

/** What one look at one part showed. */
export interface Check {
  /** Part that was looked at: `redis`, `storage`, … */
  readonly part: string;
  readonly status: CheckStatus;
  /** What was found, with the values that were found. */
  readonly detail: string;
  /** What to do about it; with every `warn` and `fail`. */
  readonly mend?: string;
  /** Problem code of what was thrown. */
  readonly code?: string;
}

export const ok = (part: string, detail: string): Check => ({ part, status: 'ok', detail });
export const skip = (part: string, detail: string): Check => ({ part, status: 'skip', detail });
export const warn = (part: string, detail: string, mend: string): Check => ({ part, status: 'warn', detail, mend });
export const fail = (part: string, detail: string, mend: string): Check => ({ part, status: 'fail', detail, mend });

/** An error as a failed check. */
export function failed(part: string, error: unknown, mend: string): Check {
  const detail = error instanceof Error ? error.message : String(error);
  return { ...fail(part, detail, mend), ...(isProblem(error) ? { code: error.code } : {}) };
}
