import { z } from 'zod';
import { Intensity } from './pack.js';

/** Which files a job writes besides the manifest. */
export const OutputOptions = z
  .strictObject({
    labels: z.boolean().default(true).meta({ description: 'labels.nii.gz and labels.json' }),
    masks: z.boolean().default(false).meta({ description: 'mask-<label>.nii.gz for every prompt' }),
    probabilities: z
      .enum(['none', 'uint8', 'float32'])
      .default('none')
      .meta({ description: 'prob-<label>.nii.gz for every prompt; uint8 is scaled by 1/255' }),
    npz: z
      .boolean()
      .default(false)
      .meta({ description: 'labels.npz: `segs` (z, y, x) and `spacing`, as the segmentation challenge wants it' }),
    preview: z.boolean().default(true).meta({ description: 'preview.png: three mid-planes with outlines' }),
    // Optional like those below: a default would give every earlier job another fingerprint, and its result no reuse.
    findings: z
      .boolean()
      .optional()
      .meta({
        description:
          'findings.csv, and the measures of every finding in the manifest: surface, diameter, place, intensities, parts. ' +
          'Default: true.',
      }),
    volume: z
      .boolean()
      .optional()
      .meta({
        description:
          'volume.nii.gz: the voxels of the input as they were read, on the grid of the label map, without anything else ' +
          'of its header. The NIfTI conversion of a DICOM series or an .npz, and a clean copy of a NIfTI. Default: false.',
      }),
    rtstruct: z
      .boolean()
      .optional()
      .meta({
        description:
          'rtstruct.dcm: a DICOM RT Structure Set with a closed contour a slice and part; for DICOM input. It repeats the ' +
          'patient and study of the images. Where it cannot be written the job completes with a warning. Default: false.',
      }),
    meshes: z
      .boolean()
      .optional()
      .meta({
        description:
          'mesh-<label>.stl and mesh-<label>.glb for every prompt that was found: its smooth, closed surface in RAS ' +
          'millimetres. Default: false.',
      }),
    segNrrd: z.boolean().optional().meta({
      description: 'labels.seg.nrrd: the label map with names, colours and codes for 3D Slicer. Default: false.',
    }),
    dicomSeg: z
      .boolean()
      .optional()
      .meta({
        description:
          'segmentation.dcm: a DICOM Segmentation object with coded terms; for DICOM input. It repeats the patient and ' +
          'study of the images, as the standard asks. Where it cannot be written the job completes with a warning. ' +
          'Default: false.',
      }),
    dicomSegInstances: z
      .boolean()
      .optional()
      .meta({
        description:
          'With dicomSeg: a segment per object for prompts that ask for instances, up to 100 in all; beyond that a segment ' +
          'per prompt and a warning. Default: false.',
      }),
  })
  .meta({ id: 'OutputOptions' });
export type OutputOptions = z.infer<typeof OutputOptions>;

export const JobOptions = z
  .strictObject({
    seed: z.int().min(0).max(0xffff_ffff).default(0),
    deadlineSeconds: z
      .int()
      .min(1)
      .max(86_400)
      .optional()
      .meta({ description: 'Longest time that computing may take in one attempt. Default: the server’s.' }),
    resample: z
      .enum(['reference', 'smooth'])
      .optional()
      .meta({
        description:
          'Promptable packs: how masks come back to the volume’s grid. `reference` (default) takes the nearest pixel, as the ' +
          'published code does; `smooth` interpolates probabilities. A pack that resamples the volume always interpolates.',
      }),
    schedule: z
      .enum(['full', 'adaptive'])
      .optional()
      .meta({
        description:
          'Promptable packs: `full` (default) runs every slice; `adaptive` skips constant slices, looks at every fourth ' +
          'slice and then only around those that show a target. Targets thinner than four slices can be missed.',
      }),
    samples: z
      .int()
      .min(1)
      .max(16)
      .optional()
      .meta({
        description:
          'Promptable packs that sample at random: how many seeds are averaged, from `seed` on. Default 1; the decoder’s ' +
          'time grows with it.',
      }),
    promptPadding: z
      .enum(['longest', 'isolated'])
      .optional()
      .meta({
        description:
          'Promptable packs: `longest` pads every prompt to the longest of the job; `isolated` runs each at its own length, ' +
          'so that no prompt changes another’s mask. Default: the pack’s.',
      }),
    overlap: z
      .enum(['most-probable', 'most-specific'])
      .optional()
      .meta({
        description:
          'Promptable packs: which of several prompts that claim a voxel the label map shows. `most-probable` is the published ' +
          'rule; `most-specific` shows the target with the smallest mask, so that a brain does not hide its hippocampus. ' +
          'Default: the pack’s.',
      }),
    volume: z
      .int()
      .min(1)
      .max(100_000)
      .optional()
      .meta({
        description:
          'DICOM series that hold several volumes (b-values, echoes, times): which of them, from 1. Without it such a series ' +
          'is refused, and the problem lists its volumes.',
      }),
    tilt: z.enum(['refuse', 'correct']).optional().meta({
      description:
        'DICOM images of a tilted gantry: `refuse` (default), or `correct`, which resamples them onto an upright grid.',
    }),
    spacing: z
      .enum(['refuse', 'resample'])
      .optional()
      .meta({
        description:
          'DICOM images at unequal distances: `refuse` (default), or `resample` to equal ones, where no gap is larger than ' +
          'expected by more than half.',
      }),
    intensity: Intensity.optional().meta({
      description:
        'How intensities are prepared, in place of the pack’s own rule. For volumes unlike those it was made for.',
    }),
    window: z
      .strictObject({ width: z.number().positive(), level: z.number() })
      .optional()
      .meta({ description: 'CT window in Hounsfield units for all prompts of the job. Default: chosen per prompt.' }),
    frame: z.int().min(1).optional().meta({
      description:
        'Which volume of a 4D NIfTI, from 1 (nibabel and FSL count from 0). Without it a file of several is refused.',
    }),
  })
  .meta({ id: 'JobOptions' });
export type JobOptions = z.infer<typeof JobOptions>;
