import { afterEach, describe, expect, it } from 'vitest';
import { keepsArena, labelMapArenaBytes, roomBytes, slicesArenaBytes } from '../../src/engines/memory-policy.js';
import { openEngine } from '../../src/engines/index.js';
import { loadPack, writePack } from '../../src/packs/index.js';
import { Bench, infer, phantom, tinyDraft, tinyGraph } from './support.js';
import { openTiny } from '../promptable-slices/tiny-pack.js';
import { LPS, TEXTS } from '../promptable-slices/support.js';

const bench = new Bench();
afterEach(() => bench.close());
const GIB = 2 ** 30;
const cpu = { device: 'cpu' };

describe('an arena', () => {
  it('is kept where half of the room holds it', () => {
    expect(keepsArena(4 * GIB, cpu, 8 * GIB)).toBe(true);
    expect(keepsArena(4 * GIB + 1, cpu, 8 * GIB)).toBe(false);
  });

  it('is not kept of a pack that does not say what it needs, nor on a GPU', () => {
    expect(keepsArena(undefined, cpu, 8 * GIB)).toBe(false);
    expect(keepsArena(1, { device: 'cuda:0' }, 8 * GIB)).toBe(false);
  });

  it('has no more room than the cap leaves, and than the machine has', () => {
    expect(roomBytes(1)).toBe(0);
    const used = process.memoryUsage.rss();
    expect(roomBytes(used + GIB)).toBeLessThan(2 * GIB);
    expect(roomBytes()).toBeLessThanOrEqual(process.availableMemory() + GIB);
  });
});

describe('what a pack needs', () => {
  it('grows with the voxels of a pass, by what the pack says of one', async () => {
    const { path } = await bench.folder();
    await writePack(path, { ...tinyDraft(), bytesPerVoxel: 100 }, { 'model.onnx': tinyGraph() });
    const { pack } = await loadPack(path);
    if (pack.kind !== 'label-map') throw new Error('expected a label-map pack');
    const need = (voxels: number): number => labelMapArenaBytes(pack, voxels) ?? 0;
    expect(need(2000) - need(1000)).toBe(1000 * 100 * 4);
    expect(labelMapArenaBytes({ ...pack, bytesPerVoxel: undefined }, 1000)).toBeUndefined();
  });

  it('grows with weights and slices of a promptable one', async () => {
    const { pack } = (await openTiny(bench)).pack;
    if (pack.kind !== 'promptable-slices') throw new Error('expected a promptable pack');
    const one = slicesArenaBytes(pack, 1);
    const { textEncoder, imageEncoder, decoder } = pack.model;
    const weights = [textEncoder, imageEncoder, decoder].reduce((sum, name) => sum + (pack.files[name]?.bytes ?? 0), 0);
    expect(slicesArenaBytes(pack, 4) - one).toBe(3 * (one - 2 * weights));
  });
});

describe('a result', () => {
  it('of a label-map pack is the same with an arena and without, from volume to volume', async () => {
    const { path } = await bench.folder();
    await writePack(path, tinyDraft(), { 'model.onnx': tinyGraph() });
    const loaded = await loadPack(path);
    const image = await bench.image(phantom([17, 14, 12]));
    const found: unknown[] = [];
    for (const arena of [false, true]) {
      const engine = await openEngine(loaded, { device: 'cpu', threads: 1, arena });
      for (let volume = 0; volume < 2; volume++) {
        const { labels, findings } = await infer(engine, image, ['liver', 'thalamus']);
        found.push({ data: labels.data, findings });
      }
      await engine.close();
    }
    for (const one of found) expect(one).toEqual(found[0]);
  });

  it('of a promptable pack is the same with an arena and without', async () => {
    const image = await bench.image(phantom([26, 22, 9], LPS));
    const run = async (arena: boolean): Promise<unknown> => {
      const { labels, findings, close } = await infer(await openTiny(bench, { engine: { arena } }), image, TEXTS);
      await close?.();
      return { data: labels.data, findings };
    };
    expect(await run(true)).toEqual(await run(false));
  });
});
