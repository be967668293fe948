import { availableParallelism } from 'node:os';
import { Problem } from '@parse3d/shared/problems';
import type { Engine, EngineOptions, LoadedPack } from '../types.js';
import { openLabelMapEngine } from './label-map.js';

/**
 * Opens the engine for a pack's kind: sessions are created here, once, and used for many volumes.
 * @throws Problem `engine-unsupported`, `dependency-missing`, `pack-invalid`, `inference-failed`
 */
export async function openEngine(loaded: LoadedPack, options: EngineOptions): Promise<Engine> {
  const { pack } = loaded;
  const settings = { device: options.device, threads: options.threads ?? availableParallelism() };
  switch (pack.kind) {
    case 'label-map':
      return openLabelMapEngine(loaded, pack, settings);
    case 'promptable-slices':
      throw new Problem(
        'engine-unsupported',
        `the pack ${pack.id} is of kind promptable-slices, expected label-map; use another pack, or a newer parse3d`,
        { pack: pack.id, kind: pack.kind },
      );
  }
}
