import { JobOptions } from '@parse3d/contract';
import type { Command } from 'commander';
import { z } from 'zod';
import { wholeNumber } from './values.js';

/** `400,40` as a window of width 400 at level 40. */
const Window = z
  .string()
  .regex(/^\d+(\.\d+)?,-?\d+(\.\d+)?$/, 'expected width,level in Hounsfield units, such as 400,40')
  .transform((text) => {
    const [width = 0, level = 0] = text.split(',').map(Number);
    return { width, level };
  });

/** Options of one job that say how its volume is read and how a pack runs. */
export const JobOptionFlags = z.object({
  seed: wholeNumber(0, 0xffff_ffff).optional(),
  window: Window.optional(),
  schedule: JobOptions.shape.schedule,
  samples: wholeNumber(1, 16).optional(),
  resample: JobOptions.shape.resample,
  overlap: JobOptions.shape.overlap,
  frame: wholeNumber(1, 2 ** 31).optional(),
  volumeNumber: wholeNumber(1, 100_000).optional(),
  tilt: JobOptions.shape.tilt,
  spacing: JobOptions.shape.spacing,
});
export type JobOptionFlags = z.infer<typeof JobOptionFlags>;

/** Adds the options that say how the volume is read and how a pack runs. */
export function withJobOptions(command: Command): Command {
  const parse = command.parseOptions.bind(command);
  command.parseOptions = (typed) => parse(withVolumeNumber(typed));
  return command
    .option('--seed <number>', 'for packs that draw random numbers: the same seed gives the same result')
    .option('--window <width,level>', 'CT window for all prompts (else chosen for each)')
    .option('--schedule <name>', 'full runs every slice; adaptive looks around first (promptable packs)')
    .option('--samples <count>', 'average of so many seeds, for packs that draw random numbers')
    .option('--resample <way>', 'how masks come back: reference (nearest pixel) or smooth')
    .option('--overlap <rule>', 'who gets a voxel in the label map: most-probable or most-specific')
    .option('--frame <number>', 'which volume of a 4D NIfTI, from 1')
    .option('--volume-number <number>', 'of a DICOM series with several volumes: which one; --volume 2 says the same')
    .option('--tilt <way>', 'DICOM images of a tilted gantry: refuse, or correct (resampled onto an upright grid)')
    .option('--spacing <way>', 'DICOM images at unequal distances: refuse, or resample to equal ones');
}

/** `--volume` alone asks for a file; with a number, be it a wrong one, it says which volume of the input. */
function withVolumeNumber(typed: readonly string[]): string[] {
  return typed.flatMap((word, n) => {
    const [, joined] = /^--volume=(.*)$/.exec(word) ?? [];
    if (joined !== undefined) return [`--volume-number=${joined}`];
    const next = typed[n + 1] ?? '';
    if (typed[n - 1] === '--volume' && NUMBER.test(word)) return [];
    return word === '--volume' && NUMBER.test(next) ? [`--volume-number=${next}`] : [word];
  });
}

const NUMBER = /^-?\d+(\.\d+)?$/;

/** The options of a job, without those that were not given. */
export function jobOptionsOf(
  { window, volumeNumber, seed, schedule, samples, resample, overlap, tilt, spacing, frame }: JobOptionFlags,
  deadlineSeconds?: number,
): JobOptions {
  return JobOptions.parse({
    seed,
    window,
    schedule,
    samples,
    resample,
    overlap,
    volume: volumeNumber,
    tilt,
    spacing,
    deadlineSeconds,
    frame,
  });
}
