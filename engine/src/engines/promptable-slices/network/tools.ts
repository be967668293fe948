import type { Pack } from '@parse3d/contract';
import type { EngineOptions } from '../../../types.js';
import type { SliceNetwork } from './network.js';
import type { NoiseSource } from './noise.js';
import type { TextFeatureSource } from './text.js';

export type PromptableSlicesPack = Extract<Pack, { kind: 'promptable-slices' }>;

/** What is opened once for a pack and used for many volumes. */
export interface Tools {
  readonly pack: PromptableSlicesPack;
  readonly network: SliceNetwork;
  readonly text: TextFeatureSource;
  readonly noise: NoiseSource;
  readonly options: EngineOptions;
}
