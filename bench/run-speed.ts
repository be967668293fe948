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

/** Runs a pack in a process of its own, so that its memory is its own. */
export async function runSpeed(run: SpeedRun): Promise<SpeedFigures> {
  const script = join(import.meta.dirname, 'speed-run.mjs');
  const { stdout } = await promisify(execFile)(process.execPath, ['--expose-gc', script, JSON.stringify(run)]);
  return SpeedFigures.parse(JSON.parse(stdout));
}
