import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Modality } from '@parse3d/contract';
import { z } from 'zod';

const SpeedFigures = z.object({
  openSeconds: z.number(),
  /** Wall time of the fastest round. */
  seconds: z.number(),
  /** Processor time of a round, on average. */
  userSeconds: z.number(),
  systemSeconds: z.number(),
  peakMiB: z.number(),
  /** After the last round, sessions open. */
  idleMiB: z.number(),
  closedMiB: z.number(),
  /** SHA-256 of the label map. */
  labels: z.string(),
  preparation: z.array(z.string()),
});
type SpeedFigures = z.infer<typeof SpeedFigures>;

export interface SpeedRun {
  /** Folder of a pack. */
  readonly pack: string;
  readonly volume: string;
  readonly modality: Modality;
  readonly texts: readonly string[];
  readonly threads: number;
  readonly rounds: number;
  /** @default as the memory of pack and machine allows */
  readonly arena?: boolean;
}

/** Runs a pack in a process with the malloc settings of a worker's child, or with those of `env`. */
export async function runSpeed(run: SpeedRun, env: NodeJS.ProcessEnv = {}): Promise<SpeedFigures> {
  const script = join(import.meta.dirname, 'speed-run.mjs');
  const { stdout } = await promisify(execFile)(process.execPath, ['--expose-gc', script, JSON.stringify(run)], {
    env: { MALLOC_MMAP_THRESHOLD_: String(2 ** 20), ...process.env, ...env },
  });
  return SpeedFigures.parse(JSON.parse(stdout));
}
