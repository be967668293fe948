import type { Engine, EngineOptions, LoadedPack } from '../../types.js';
import { Problem } from '@parse3d/shared/problems';
import { inferSlices } from './infer.js';
import { SliceModel, type PromptablePack } from './slice-model.js';

/**
 * Opens the engine of text-prompted models that look at a volume slice by slice.
 * @throws Problem `engine-unsupported` for what a pack may ask and this engine does not do yet
 */
export async function openPromptableSlicesEngine(
  loaded: LoadedPack,
  pack: PromptablePack,
  options: EngineOptions,
): Promise<Engine> {
  const { promptPadding, positionInput } = pack.model;
  if (promptPadding !== 'longest' || positionInput !== undefined) {
    throw new Problem(
      'engine-unsupported',
      `pack ${pack.id} wants ${positionInput === undefined ? `promptPadding ${promptPadding}` : 'a position input'}, which this version does not do`,
      { pack: pack.id },
    );
  }
  const model = await SliceModel.open(loaded, pack.model, options);
  return {
    pack: loaded,
    device: options.device,
    infer: (image, request, onProgress, signal) => inferSlices(model, pack, image, request, onProgress, signal),
    close: () => model.close(),
  };
}
