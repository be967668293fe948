import { Problem } from '@parse3d/contract/problems';

/** @throws Problem `canceled`, or the Problem that the signal was aborted with */
export function throwIfCanceled(signal: AbortSignal): void {
  if (!signal.aborted) return;
  throw signal.reason instanceof Problem
    ? signal.reason
    : new Problem('canceled', 'the work was stopped before it was done', {}, { cause: signal.reason });
}
