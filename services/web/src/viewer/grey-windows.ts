import type { Modality } from '@parse3d/contract';

/** Grey values from level - width/2 to level + width/2 are told apart. Unit: the volume's own. */
export interface GreyWindow {
  readonly width: number;
  readonly level: number;
}

/** The windows that CT is read in, and that prompts are run with. Unit: Hounsfield units. */
export const ctWindows: readonly (GreyWindow & { readonly name: string })[] = [
  { name: 'Soft tissue', width: 400, level: 40 },
  { name: 'Lung', width: 1500, level: -160 },
  { name: 'Brain', width: 80, level: 40 },
  { name: 'Bone', width: 1800, level: 400 },
];

/** CT is first seen in the window of soft tissue; elsewhere the volume's own values decide. */
export const firstWindow = (modality: Modality): string | undefined => (modality === 'ct' ? 'Soft tissue' : undefined);
