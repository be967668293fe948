import type { Manifest, Stage } from '@parse3d/contract';
import type { Trouble } from './place.js';
import type { ProblemCode } from '@parse3d/contract/problems';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

/** Ends of jobs that no input should be able to cause. */
const codesToWatch: readonly ProblemCode[] = [
  'child-crashed',
  'child-stalled',
  'memory-cap',
  'worker-lost',
  'internal',
];

export interface WorkerMetrics {
  readonly registry: Registry;
  readonly attempts: Counter<'outcome'>;
  observeStages(durationsMs: Partial<Record<Stage, number>>): void;
  /** A run whose manifest this worker wrote. */
  jobEnded(manifest: Manifest): void;
  modelLoaded(packId: string, durationMs: number): void;
}

/** What is read at every scrape. */
export interface LiveWorker {
  readonly activeJobs: () => number;
  readonly childMemoryBytes: () => number;
  /** Of all children together. */
  readonly childMemoryLimitBytes: number;
  readonly troubles: () => readonly Trouble[];
}

export function createMetrics(live: LiveWorker): WorkerMetrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const stageSeconds = new Histogram({
    name: 'parse3d_stage_seconds',
    help: 'Time that completed jobs spent in each stage',
    labelNames: ['stage'],
    buckets: [0.05, 0.2, 1, 5, 20, 60, 300, 1_200],
    registers,
  });
  const jobs = new Counter({
    name: 'parse3d_jobs_total',
    help: 'Runs that this process ended, by status and problem code (none where there is no problem)',
    labelNames: ['status', 'code'],
    registers,
  });
  const modelLoadSeconds = new Histogram({
    name: 'parse3d_model_load_seconds',
    help: 'Time to open a pack for the first job of a computing process that needs it',
    labelNames: ['pack'],
    buckets: [0.1, 0.5, 2, 5, 15, 60, 300],
    registers,
  });
  const seen = new Map<string, { part: string; code: string }>();
  const gauge = (name: string, help: string, read: () => number): void => {
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(read());
      },
    });
  };
  gauge('parse3d_worker_active_jobs', 'Jobs in work, those that only wait for a slot included', live.activeJobs);
  gauge('parse3d_child_memory_bytes', 'Resident memory of the computing processes', live.childMemoryBytes);
  gauge(
    'parse3d_child_memory_limit_bytes',
    'Memory that the computing processes may use together',
    () => live.childMemoryLimitBytes,
  );
  new Gauge({
    name: 'parse3d_worker_troubles',
    help: 'What is wrong with the surroundings of this worker, by part and problem code; 0 while it was well again',
    labelNames: ['part', 'code'],
    registers,
    collect() {
      for (const labels of seen.values()) this.set(labels, 0);
      for (const { part, code } of live.troubles()) {
        seen.set(`${part} ${code}`, { part, code });
        this.set({ part, code }, 1);
      }
    },
  });
  const attempts = new Counter({
    name: 'parse3d_attempts_total',
    help: 'Attempts by how they ended',
    labelNames: ['outcome'],
    registers,
  });
  // Alerts compare with an earlier value: a counter that begins with its first event hides that event from them.
  for (const outcome of ['completed', 'failed', 'will-retry', 'handed-back']) attempts.inc({ outcome }, 0);
  for (const status of ['completed', 'canceled']) jobs.inc({ status, code: 'none' }, 0);
  for (const code of codesToWatch) jobs.inc({ status: 'failed', code }, 0);
  return {
    registry,
    attempts,
    observeStages(durationsMs) {
      for (const [stage, ms] of Object.entries(durationsMs)) stageSeconds.observe({ stage }, ms / 1_000);
    },
    jobEnded(manifest) {
      jobs.inc({ status: manifest.status, code: manifest.status === 'failed' ? manifest.problem.code : 'none' });
    },
    modelLoaded(packId, durationMs) {
      modelLoadSeconds.observe({ pack: packId }, durationMs / 1_000);
    },
  };
}
