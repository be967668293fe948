import type { CompletedManifest } from '@parse3d/contract';
import { inputPath } from '../api/calls.js';
import { download, fetchPicture } from '../api/files.js';
import { isDrawable } from '../viewer/drawable.js';
import { NotShown } from '../viewer/not-shown.js';
import type { Scene, SceneVolume } from '../viewer/scene.js';

/** What lies below the labels: the volume, nothing, or in place of everything the preview. */
export type Below =
  | { readonly kind: 'volume'; readonly reason?: undefined }
  | { readonly kind: 'grid' | 'none'; readonly reason: unknown }
  /** `url` of the picture in memory. */
  | { readonly kind: 'preview'; readonly url: string; readonly reason: unknown };

/**
 * Shows the volume: `volume.nii.gz` where the job wrote it, which holds the input's voxels, else the input itself. Where
 * neither can be drawn, the labels stand alone, and without labels the preview.
 *
 * @param labels bytes of the label map, where the job wrote one
 * @returns `reason`: an Error where the volume could not be fetched, undefined where only a worker can read it
 */
export async function showBelow(
  scene: Scene,
  jobId: string,
  { input, outputs }: CompletedManifest,
  labels: Promise<ArrayBuffer> | undefined,
  onVolume: (volume: SceneVolume) => void,
  onProgress: (share: number) => void,
): Promise<Below> {
  const path = (name: string): string | undefined =>
    outputs.some((file) => file.name === name) ? `/v1/jobs/${jobId}/outputs/${name}` : undefined;
  const volume = path('volume.nii.gz') ?? (isDrawable(input.uri) ? inputPath(jobId) : undefined);
  let reason: unknown;
  try {
    if (volume !== undefined) {
      onVolume(await scene.showVolume(await download(volume, onProgress), 'volume.nii.gz'));
      return { kind: 'volume' };
    }
  } catch (error) {
    if (!(error instanceof NotShown)) reason = error;
  }
  if (labels !== undefined) {
    await scene.showGrid(await labels, 'labels.nii.gz');
    return { kind: 'grid', reason };
  }
  const preview = path('preview.png');
  if (preview === undefined) return { kind: 'none', reason };
  return { kind: 'preview', url: await fetchPicture(preview), reason };
}

const seen = {
  grid: 'You see the label map alone.',
  preview: 'You see the preview.',
  none: 'The files can be downloaded.',
} as const;

/** Says why the volume is missing, and what to do about it. */
export function BelowNote({ below }: { below: Exclude<Below, { kind: 'volume' }> }) {
  return (
    <p class="stale" role="status">
      {below.reason === undefined
        ? `The browser draws NIfTI alone, and this job did not write its volume as NIfTI. ${seen[below.kind]} A job that is asked for “The volume as NIfTI” shows both.`
        : `The volume could not be fetched. ${seen[below.kind]}`}
    </p>
  );
}
