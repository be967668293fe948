import {
  loadPack,
  openEngine,
  segment,
  type Engine,
  type EngineOptions,
  type LoadedPack,
  type OnProgress,
  type SegmentRequest,
  type SegmentResult,
} from '@parse3d/engine';
import { readPackCatalog } from '@parse3d/contract/packs';
import { Problem } from '@parse3d/contract/problems';

/** Engines kept open; the one used longest ago makes room for another. */
const MAX_OPEN_ENGINES = 2;

/** Told when a model was loaded, and how long that took. */
export type OnLoaded = (packId: string, durationMs: number) => void;

/** The packs of this worker, verified once, and their engines, opened when first needed. */
export class Workbench {
  readonly #packs: ReadonlyMap<string, LoadedPack>;
  readonly #options: EngineOptions;
  readonly #onLoaded: OnLoaded;
  /** In the order of last use. */
  readonly #engines = new Map<string, Engine>();

  private constructor(packs: ReadonlyMap<string, LoadedPack>, options: EngineOptions, onLoaded: OnLoaded) {
    this.#packs = packs;
    this.#options = options;
    this.#onLoaded = onLoaded;
  }

  /** Verifies every pack. A pack that fails is left out with its problem told; none left is a problem. */
  static async open(packFolders: readonly string[], options: EngineOptions, onLoaded: OnLoaded): Promise<Workbench> {
    const catalog = await readPackCatalog(packFolders);
    const packs = new Map<string, LoadedPack>();
    const faults: string[] = catalog.rejected.map(({ folder, problem }) => `${folder}: ${problem.message}`);
    for (const { id } of catalog.packs) {
      try {
        packs.set(id, await loadPack(catalog.folderOf(id)));
      } catch (error) {
        faults.push(`${id}: ${Problem.from(error).message}`);
      }
    }
    for (const fault of faults) process.stderr.write(`pack left out: ${fault}\n`);
    if (packs.size === 0) throw new Problem('pack-invalid', `no usable pack: ${faults.join('; ')}`, { packFolders });
    return new Workbench(packs, options, onLoaded);
  }

  get packs(): { id: string; version: string }[] {
    return [...this.#packs.values()].map(({ pack }) => ({ id: pack.id, version: pack.version }));
  }

  async segment(
    packId: string,
    request: SegmentRequest,
    onProgress: OnProgress,
    signal: AbortSignal,
  ): Promise<SegmentResult> {
    return segment(request, await this.#engine(packId), onProgress, signal);
  }

  async #engine(packId: string): Promise<Engine> {
    const open = this.#engines.get(packId);
    if (open !== undefined) {
      this.#engines.delete(packId);
      this.#engines.set(packId, open);
      return open;
    }
    const pack = this.#packs.get(packId);
    if (pack === undefined) {
      const available = [...this.#packs.keys()];
      throw new Problem('pack-unknown', `this worker has no usable pack ${packId}`, { packId, available });
    }
    for (const [id, engine] of this.#engines) {
      if (this.#engines.size < MAX_OPEN_ENGINES) break;
      this.#engines.delete(id);
      await engine.close();
    }
    const startedAt = performance.now();
    const engine = await openEngine(pack, this.#options);
    this.#onLoaded(packId, performance.now() - startedAt);
    this.#engines.set(packId, engine);
    return engine;
  }
}
