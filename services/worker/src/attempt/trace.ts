import type { Tracing } from '@parse3d/platform/telemetry';
import type { StageTime } from './progress.js';

/** Stages that the computing process works through; it has no connection and tells its parent about them. */
const IN_CHILD = new Set(['read', 'prepare', 'infer', 'restore', 'encode']);

/**
 * Writes an attempt's stages below its span, which is the active one, and how it ended.
 *
 * @param problem code of the problem that ended it, in its last stage
 */
export function traceAttempt(
  tracing: Tracing,
  timeline: readonly StageTime[],
  outcome: 'completed' | 'overtaken' | 'canceled' | 'draining' | 'stale' | 'failed',
  problem?: string,
): void {
  for (const [index, { stage, startMs, endMs }] of timeline.entries()) {
    const next = timeline[index + 1];
    const attributes = { 'parse3d.stage': stage, 'parse3d.process': IN_CHILD.has(stage) ? 'child' : 'worker' };
    tracing.record(stage, { startMs, endMs }, attributes, next === undefined ? problem : undefined);
    if (next !== undefined && next.startMs > endMs) {
      tracing.record('wait for a slot', { startMs: endMs, endMs: next.startMs }, {});
    }
  }
  const attempt = tracing.active();
  attempt.annotate({ 'parse3d.outcome': outcome });
  if (problem !== undefined) attempt.fail(problem);
}
