import { OutputOptions } from '@parse3d/contract';
import type { Command } from 'commander';
import { z } from 'zod';

/** Options of one job that say which files it writes. */
export const OutputFlags = z.object({
  masks: z.boolean().default(false),
  probabilities: OutputOptions.shape.probabilities.unwrap().exclude(['none']).optional(),
  npz: z.boolean().default(false),
  preview: z.boolean().default(true),
  volume: z.boolean().default(false),
  rtstruct: z.boolean().default(false),
  meshes: z.boolean().default(false),
  segNrrd: z.boolean().default(false),
  dicomSeg: z.boolean().default(false),
  dicomSegInstances: z.boolean().default(false),
});
export type OutputFlags = z.infer<typeof OutputFlags>;

/** Adds the options that say which files a job writes. */
export function withOutputs(command: Command): Command {
  return command
    .option('--masks', 'also write one binary mask per prompt')
    .option('--probabilities <type>', 'also write probability maps: uint8 (small) or float32 (exact)')
    .option('--npz', 'also write the label map as labels.npz, as the segmentation challenge wants it')
    .option('--no-preview', 'write no preview.png')
    .option('--volume', 'also write volume.nii.gz: the volume as NIfTI on the grid of the label map')
    .option('--meshes', 'also write mesh-<label>.stl and .glb: smooth, closed surfaces in RAS millimetres')
    .option(
      '--rtstruct',
      'also write rtstruct.dcm (RT Structure Set), for DICOM volumes; it names the patient as they do',
    )
    .option('--seg-nrrd', 'also write labels.seg.nrrd for 3D Slicer')
    .option('--dicom-seg', 'also write segmentation.dcm, for DICOM volumes; it names the patient as they do')
    .option('--dicom-seg-instances', 'in segmentation.dcm a segment per object, up to 100, where there are objects');
}

/** The outputs of a job. Those that were not asked for are left out where the contract lets them. */
export function outputsOf(flags: OutputFlags): OutputOptions {
  const { masks, probabilities, npz, preview, volume, rtstruct, meshes, segNrrd, dicomSegInstances } = flags;
  const dicomSeg = flags.dicomSeg || dicomSegInstances;
  const asked = Object.entries({ volume, rtstruct, meshes, segNrrd, dicomSeg, dicomSegInstances }).filter(
    ([, wanted]) => wanted,
  );
  return OutputOptions.parse({ masks, probabilities, npz, preview, ...Object.fromEntries(asked) });
}
