import type { Stage } from '@parse3d/shared/contract';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

export interface WorkerMetrics {
  readonly registry: Registry;
  readonly attempts: Counter<'outcome'>;
  observeStages(durationsMs: Partial<Record<Stage, number>>): void;
}

/** @param live read at every scrape */
export function createMetrics(live: { activeJobs: () => number; childMemoryBytes: () => number }): WorkerMetrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const stageSeconds = new Histogram({
    name: 'parse3d_stage_seconds',
    help: 'Time that jobs spent in each stage',
    labelNames: ['stage'],
    buckets: [0.05, 0.2, 1, 5, 20, 60, 300, 1_200],
    registers: [registry],
  });
  new Gauge({
    name: 'parse3d_worker_active_jobs',
    help: 'Jobs in work, those that only wait for a slot included',
    registers: [registry],
    collect() {
      this.set(live.activeJobs());
    },
  });
  new Gauge({
    name: 'parse3d_child_memory_bytes',
    help: 'Resident memory of the computing processes',
    registers: [registry],
    collect() {
      this.set(live.childMemoryBytes());
    },
  });
  return {
    registry,
    attempts: new Counter({
      name: 'parse3d_attempts_total',
      help: 'Attempts by how they ended',
      labelNames: ['outcome'],
      registers: [registry],
    }),
    observeStages(durationsMs) {
      for (const [stage, ms] of Object.entries(durationsMs)) stageSeconds.observe({ stage }, ms / 1_000);
    },
  };
}
