import type { Pack } from '@parse3d/contract';
import type { EngineOptions } from '../types.js';

/**
 * Share of the room that an arena may take: the volume, its masks and another pack's sessions want some too, and an
 * estimate can be wrong.
 */
const SHARE = 0.5;

/** An arena grows by doubling, and holds up to so many times what a run needs without one. Measured: 3.3, on a MeshNet. */
const GROWTH = 4;

/** Memory of an image encoder's run, in bytes per pixel of a slice. Measured: 2,900 on BiomedParse at full width. */
const BYTES_PER_PIXEL = 8192;

/** A graph's weights are held once in the order of the file and once as the kernels want them. */
const WEIGHTS = 2;

/**
 * Memory that this process may still take, in bytes: up to its cap, and no more than the machine or its control group
 * has left.
 */
export function roomBytes(memoryCapBytes = Infinity): number {
  return Math.max(0, Math.min(memoryCapBytes - process.memoryUsage.rss(), process.availableMemory()));
}

/**
 * Whether sessions may keep the memory of a run for the next one (an arena): faster, since the system need not hand out
 * and clear the same pages again, for a higher peak. On a GPU it matters little, and is off.
 * @param needBytes estimate of what the sessions hold with an arena; undefined where nothing is known, which means off
 * @param room memory that this process may still take, in bytes
 */
export function keepsArena(
  needBytes: number | undefined,
  { arena, device, memoryCapBytes }: EngineOptions,
  room = roomBytes(memoryCapBytes),
): boolean {
  if (arena !== undefined) return arena;
  return device === 'cpu' && needBytes !== undefined && needBytes <= room * SHARE;
}

/** What the sessions of a promptable pack hold with an arena, in bytes: it does not depend on the volume. */
export function slicesArenaBytes(
  { files, model }: Extract<Pack, { kind: 'promptable-slices' }>,
  slicesPerPass: number,
): number {
  const graphs = new Set([model.textEncoder, model.imageEncoder, model.decoder]);
  const weights = [...graphs].reduce((sum, graph) => sum + (files[graph]?.bytes ?? 0), 0);
  return weights * WEIGHTS + model.imageSize ** 2 * slicesPerPass * BYTES_PER_PIXEL;
}

/**
 * What the session of a label-map pack holds with an arena, in bytes; undefined where the pack does not say what a voxel
 * takes.
 * @param voxels of one pass
 */
export function labelMapArenaBytes(
  { bytesPerVoxel, files, model }: Extract<Pack, { kind: 'label-map' }>,
  voxels: number,
): number | undefined {
  if (bytesPerVoxel === undefined) return undefined;
  return (files[model.graph]?.bytes ?? 0) * WEIGHTS + voxels * bytesPerVoxel * GROWTH;
}
