import { availableParallelism } from 'node:os';
import type { Engine, EngineOptions, LoadedPack } from '../types.js';
import { openLabelMapEngine } from './label-map.js';
import { openPromptableSlicesEngine } from './promptable-slices/index.js';

/**
 * Opens the engine for a pack's kind: sessions are created here, once, and used for many volumes.
 * @throws Problem `dependency-missing`, `pack-invalid`, `inference-failed`
 */
export async function openEngine(loaded: LoadedPack, options: EngineOptions): Promise<Engine> {
  const { pack } = loaded;
  const settings = { ...options, threads: options.threads ?? availableParallelism() };
  switch (pack.kind) {
    case 'label-map':
      return openLabelMapEngine(loaded, pack, settings);
    case 'promptable-slices':
      return openPromptableSlicesEngine(loaded, pack, settings);
  }
}
