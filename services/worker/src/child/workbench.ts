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
  readonly #packFolders: readonly string[];
  readonly #packs: Map<string, LoadedPack>;
  readonly #options: EngineOptions;
  readonly #onLoaded: OnLoaded;
  /** In the order of last use. */
  readonly #engines = new Map<string, Engine>();

  private constructor(
    packFolders: readonly string[],
    packs: Map<string, LoadedPack>,
    options: EngineOptions,
    onLoaded: OnLoaded,
  ) {
    this.#packFolders = packFolders;
    this.#packs = packs;
    this.#options = options;
    this.#onLoaded = onLoaded;
  }

  /** Verifies every pack. One that fails is left out, and its fault written to the log; the parent compares what is left. */
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
    return new Workbench(packFolders, packs, options, onLoaded);
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
    const pack = await this.#pack(packId);
    for (const [id, engine] of this.#engines) {
      if (this.#engines.size < MAX_OPEN_ENGINES) break;
      this.#engines.delete(id);
      await engine.close();
    }
    const startedAt = performance.now();
    const engine = await this.#open(pack);
    this.#onLoaded(packId, performance.now() - startedAt);
    this.#engines.set(packId, engine);
    return engine;
  }

  /**
   * Makes sure that a pack can be used, with whatever lies on disk now.
   *
   * @throws Problem `pack-unavailable`
   */
  async checkPack(packId: string): Promise<{ id: string; version: string }> {
    const { pack } = await this.#pack(packId);
    return { id: pack.id, version: pack.version };
  }

  /** A pack that could not be read when this process began may be there by now. */
  async #pack(packId: string): Promise<LoadedPack> {
    const known = this.#packs.get(packId);
    if (known !== undefined) return known;
    try {
      const catalog = await readPackCatalog(this.#packFolders);
      const pack = await loadPack(catalog.folderOf(packId));
      this.#packs.set(packId, pack);
      return pack;
    } catch (error) {
      throw unavailable(packId, error);
    }
  }

  async #open(pack: LoadedPack): Promise<Engine> {
    try {
      return await openEngine(pack, this.#options);
    } catch (error) {
      // Its files are not what they were when they were verified: they are read and verified again next time.
      this.#packs.delete(pack.pack.id);
      throw unavailable(pack.pack.id, error);
    }
  }
}

/** The service offers the pack, so that its absence here is not the job's fault. A shortage of the machine stays one. */
function unavailable(packId: string, error: unknown): Problem {
  const problem = Problem.from(error);
  if (problem.code === 'machine-short' || problem.code === 'disk-full') return problem;
  return new Problem(
    'pack-unavailable',
    `${packId} cannot be opened: ${problem.message}`,
    { packId },
    { cause: error },
  );
}
