import type { Engine, EngineOptions, LoadedPack } from '../../types.js';
import { inferSlices, type PromptablePack } from './infer.js';
import { SliceModel } from './slice-model.js';

export type { PromptablePack };

/** Opens the engine of models that take any text and look at one slice at a time. */
export async function openPromptableSlicesEngine(
  loaded: LoadedPack,
  pack: PromptablePack,
  options: EngineOptions,
): Promise<Engine> {
  const model = await SliceModel.open(loaded, pack.model, options);
  return {
    pack: loaded,
    device: options.device,
    infer: (image, request, onProgress, signal) => inferSlices(model, pack, image, request, onProgress, signal),
    close: () => model.close(),
  };
}
