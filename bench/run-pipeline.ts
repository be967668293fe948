import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Modality, Prompt } from '@parse3d/contract';
import { z } from 'zod';

const PipelineFigures = z.object({
  readSeconds: z.number(),
  networkSeconds: z.number(),
  otherSeconds: z.number(),
  peakMiB: z.number(),
});
export type PipelineFigures = z.infer<typeof PipelineFigures>;

export interface PipelineRun {
  /** Folder of a promptable pack. */
  readonly pack: string;
  readonly volume: string;
  readonly modality: Modality;
  readonly prompts: readonly Prompt[];
  readonly threads: number;
  /** @default 1 */
  readonly slicesPerPass?: number;
  /** File that receives the voxels of the label map. */
  readonly labels: string;
}

/** Runs the promptable engine in a process of its own, so that its peak memory is its own. */
export async function runPipeline(run: PipelineRun, env: NodeJS.ProcessEnv = process.env): Promise<PipelineFigures> {
  const script = join(import.meta.dirname, 'pipeline-run.mjs');
  const { stdout } = await promisify(execFile)(process.execPath, [script, JSON.stringify(run)], { env });
  return PipelineFigures.parse(JSON.parse(stdout));
}
