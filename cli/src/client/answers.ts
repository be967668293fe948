import { JobEvent, JobPage, JobView, PackList, PackSummary, UploadedVolume } from '@parse3d/contract';
import { z } from 'zod';

// Answers are read more loosely than the server writes them: a newer server may say more than this client knows.
export const JobAnswer = z.object(JobView.shape);
export type JobAnswer = z.infer<typeof JobAnswer>;

export const JobEventAnswer = z.object(JobEvent.shape);
export type JobEventAnswer = z.infer<typeof JobEventAnswer>;

export const JobPageAnswer = z.object({ ...JobPage.shape, jobs: z.array(JobAnswer) });
export type JobPageAnswer = z.infer<typeof JobPageAnswer>;

export const VolumeAnswer = z.object(UploadedVolume.shape);
export type VolumeAnswer = z.infer<typeof VolumeAnswer>;

export const PackListAnswer = z.object({ ...PackList.shape, packs: z.array(z.object(PackSummary.shape)) });
export type PackListAnswer = z.infer<typeof PackListAnswer>;
