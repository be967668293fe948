import type { JobOptions, Modality, Prompt, PromptableSlicesModel } from '@parse3d/contract';
import type { KeepParts } from '@parse3d/contract/packs';
import type { NiftiImage } from '@parse3d/volume/formats';
import type { Features, PromptChunk } from '../network/network.js';
import type { TextFeatures } from '../network/text.js';
import type { PromptableSlicesPack } from '../network/tools.js';
import type { PreparedSlices } from './grey-slices.js';

/** What a job asks for, with the pack's own choices where it asks for nothing. */
export interface RunPlan {
  readonly pack: PromptableSlicesPack;
  readonly volume: NiftiImage;
  readonly modality: Modality;
  readonly prompts: readonly Prompt[];
  readonly options: JobOptions;
  readonly schedule: NonNullable<JobOptions['schedule']>;
  /** Who gets a voxel of the label map that several masks claim. */
  readonly overlap: PromptableSlicesModel['overlap'];
  /** Which parts stay of each prompt's mask. */
  readonly keepRules: readonly (KeepParts | undefined)[];
  /** Prompts whose mask is split into objects, as places in `prompts`. */
  readonly objectPrompts: ReadonlySet<number>;
  /** Whether single masks must outlast their slice. */
  readonly keepsMasks: boolean;
  readonly wantProbabilities: boolean;
  /** Of a decoder that samples. */
  readonly seed: number | undefined;
  /** Draws of noise whose logits are averaged. */
  readonly samples: number;
}

/** The volume, the texts and the noise as the network takes them. */
export interface Prepared {
  readonly slices: PreparedSlices;
  readonly texts: readonly TextFeatures[];
  /** Decoder runs of each grey-value view of the slices. */
  readonly chunks: readonly (readonly PromptChunk[])[];
  /** One draw per sample. */
  readonly noises: readonly Features[];
}
