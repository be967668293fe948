import type { Engine, EngineOptions, LoadedPack } from '../../types.js';
import { keepsArena, slicesArenaBytes } from '../memory-policy.js';
import { openSession, type Session } from '../onnx.js';
import { infer } from './infer.js';
import { SliceNetwork } from './network/network.js';
import { NoiseSource } from './network/noise.js';
import { slicesPerPass } from './score/pass-size.js';
import { PromptTokenizer, TextFeatureSource } from './network/text.js';
import type { PromptableSlicesPack, Tools } from './network/tools.js';

/** Opens the engine of models that take any text and look at one slice at a time. */
export async function openPromptableSlicesEngine(
  loaded: LoadedPack,
  pack: PromptableSlicesPack,
  options: EngineOptions,
  open: typeof openSession = openSession,
): Promise<Engine> {
  const { model } = pack;
  const { device, threads } = options;
  const arena = keepsArena(slicesArenaBytes(pack, slicesPerPass(options)), options);
  const sessions: Session[] = [];
  const session = async (graph: string): Promise<Session> => {
    const opened = await open(loaded.file(graph), { device, threads, arena });
    sessions.push(opened);
    return opened;
  };
  const close = async (): Promise<void> => {
    for (const opened of sessions.splice(0)) await opened.close();
  };
  try {
    const tokenizer = await PromptTokenizer.open(loaded.file(model.tokenizer), model.contextLength);
    const text = new TextFeatureSource(tokenizer, await session(model.textEncoder), model.contextLength);
    const network = new SliceNetwork(model, await session(model.imageEncoder), await session(model.decoder));
    const tools: Tools = { pack, network, text, noise: new NoiseSource(model.noise), options };
    return {
      pack: loaded,
      device,
      infer: (image, request, onProgress, signal) => infer(tools, image, request, onProgress, signal),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
