import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { byteSize, commonEnv, duration, parseEnv, port } from '@parse3d/platform/config';
import { z } from 'zod';

const workerEnv = commonEnv.extend({
  PARSE3D_WORKER_SLOTS: z.coerce
    .number()
    .int()
    .min(1)
    .max(64)
    .default(1)
    .describe('Jobs that this worker computes at the same time; each has a child process of its own.'),
  PARSE3D_DEVICE: z
    .string()
    .regex(/^(cpu|cuda:\d+)$/, 'expected cpu or cuda:<index>')
    .default('cpu')
    .describe('What the model runs on: cpu, or cuda:<index>.'),
  PARSE3D_THREADS: z.coerce
    .number()
    .int()
    .min(1)
    .max(1024)
    .default(cpus().length)
    .describe('CPU threads of each child.'),
  PARSE3D_SLICE_BATCH: z.coerce
    .number()
    .int()
    .min(1)
    .max(64)
    .optional()
    .describe(
      'Most slices in one pass of a promptable pack; fewer where memory is short. Without it: 1 on a CPU, 4 on a GPU.',
    ),
  PARSE3D_CHILD_MEMORY: byteSize('16GiB').describe(
    'Memory that a child may use; above it the job ends with `memory-cap`.',
  ),
  PARSE3D_CHILD_IDLE: duration('5m').describe(
    'Time without a job after which a child is ended, and its memory given back; the next job starts one.',
  ),
  PARSE3D_CHILD_JOBS: z.coerce
    .number()
    .int()
    .min(1)
    .default(200)
    .describe('Jobs after which a child is replaced, against slow leaks in native code.'),
  PARSE3D_JOB_DEADLINE: duration('1h').describe(
    'Longest time that computing may take in one attempt, unless the job says less.',
  ),
  PARSE3D_PLACE_WAIT: duration('24h').describe(
    'Longest time since its acceptance that a job waits for what is at fault around it: a store, a disk, a pack.',
  ),
  PARSE3D_CHILD_STALL: duration('20m').describe('Longest time without any sign of progress from a child.'),
  PARSE3D_CHILD_GRACE: duration('2s').describe('Time that a child gets to stop by itself before it is killed.'),
  PARSE3D_WORKER_DRAIN: duration('30s').describe(
    'Time that running jobs get to end after SIGTERM, before they are handed back.',
  ),
  PARSE3D_SCRATCH: z.string().default(join(tmpdir(), 'parse3d-scratch')).describe('Local disk for volumes in work.'),
  PARSE3D_WORKER_HOST: z.string().default('127.0.0.1').describe('Address of metrics and health.'),
  PARSE3D_WORKER_METRICS_PORT: port(9465).describe('/metrics, /healthz and /readyz of the worker.'),
});

/** The worker's configuration, from environment variables alone. */
export type WorkerConfig = z.infer<typeof workerEnv>;

export const workerEnvSchema = workerEnv;

/** @throws Problem `config-invalid` */
export function readWorkerConfig(env: NodeJS.ProcessEnv): WorkerConfig {
  return parseEnv(workerEnv, env);
}
