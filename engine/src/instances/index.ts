import { LISTED_OBJECTS, type Finding, type FoundObject, type Pack } from '@parse3d/contract';
import type { VolumeImage } from '@parse3d/volume/formats';
import type { SplitObjects } from '@parse3d/volume/geometry';
import { throwIfCanceled } from '../engines/cancel.js';
import { unitOf } from '../measure-findings.js';
import { writeRows, writeVolume } from '../outputs/files.js';
import { labelsNpz, numbersObjects } from '../outputs/npz.js';
import type { Found, LocalOutput, SegmentRequest } from '../types.js';
import { instanceRows } from './csv.js';
import { ObjectMeasures } from './measure.js';
import { minVoxelsOf, splitPrompt } from './split.js';

export interface WrittenInstances {
  /** With `instances` where a prompt asked for them. */
  readonly findings: readonly Finding[];
  readonly files: readonly LocalOutput[];
  readonly warnings: readonly string[];
  /** The objects per prompt, for formats that have a segment each. */
  readonly objects: ReadonlyMap<number, SplitObjects>;
}

type Request = Pick<SegmentRequest, 'prompts' | 'outputs' | 'outputFolder' | 'modality'>;

/**
 * Splits the masks of the prompts that ask for it, one after another, and writes their objects. Memory holds one label
 * volume and a table at a time, whatever the number of objects.
 */
export async function writeInstances(
  found: Found,
  findings: readonly Finding[],
  image: VolumeImage,
  request: Request,
  pack: Pack,
  signal: AbortSignal,
): Promise<WrittenInstances> {
  const files: LocalOutput[] = [];
  const objects = new Map<number, SplitObjects>();
  const described = [...findings];
  for (const [index, prompt] of request.prompts.entries()) {
    const finding = findings[index];
    if (prompt.instances !== true || finding === undefined) continue;
    throwIfCanceled(signal);
    const split = splitPrompt(found, index, prompt, pack);
    if (request.outputs.dicomSegInstances === true) objects.set(index, split);
    const { listed, written } = await writePrompt(split, found, index, image, request, signal);
    files.push(...written);
    described[index] = {
      ...finding,
      instances: {
        count: split.count,
        separatedBy: found.edgePieces === undefined ? 'components' : 'edges',
        minVoxels: minVoxelsOf(prompt, image.geometry),
        dropped: split.dropped,
        unassignedVoxels: split.unassignedVoxels,
        objects: listed,
        truncated: split.count > listed.length,
      },
    };
  }
  return { findings: described, files, warnings: npzWarnings(request), objects };
}

async function writePrompt(
  split: SplitObjects,
  found: Found,
  index: number,
  image: VolumeImage,
  request: Request,
  signal: AbortSignal,
): Promise<{ listed: FoundObject[]; written: LocalOutput[] }> {
  const { outputs, outputFolder: folder, prompts } = request;
  const { geometry } = image;
  const name = `instances-${prompts[index]?.label ?? 0}`;
  const labels = split.labels();
  const measures = new ObjectMeasures({
    ...{ labels, geometry, count: split.count },
    probabilities: probabilitiesOf(found, index),
    intensities:
      (outputs.findings ?? true) ? { data: image.data, unit: unitOf(image.data, request.modality) } : undefined,
  });
  throwIfCanceled(signal);
  const listed: FoundObject[] = [];
  const datatype = labels instanceof Uint16Array ? 'uint16' : 'uint32';
  const written = [
    await writeVolume(folder, `${name}.nii.gz`, labels, image, { datatype, intent: 'label', calMax: split.count }),
    await writeRows(folder, `${name}.csv`, instanceRows(noting(measures, listed))),
  ];
  if (outputs.npz && numbersObjects(prompts)) {
    written.push(await labelsNpz(folder, labels, geometry));
  }
  return { listed, written };
}

function npzWarnings({ prompts, outputs }: Request): string[] {
  if (!outputs.npz || numbersObjects(prompts) || !prompts.some(({ instances }) => instances === true)) return [];
  return [
    'labels.npz holds the labels of the prompts: it has room for the objects of one prompt only; they are in the instances files.',
  ];
}

/** Undefined where the engine was not asked to keep them: of a fixed list of classes they take four bytes a voxel. */
function probabilitiesOf(found: Found, index: number): Iterable<Float32Array> | undefined {
  const pieces = found.probabilityPieces?.(index);
  if (pieces !== undefined || found.probabilities === undefined) return pieces;
  return [found.probabilities(index)];
}

/** Passes objects on and keeps those that a manifest lists. */
function* noting(objects: Iterable<FoundObject>, listed: FoundObject[]): Generator<FoundObject> {
  for (const object of objects) {
    if (listed.length < LISTED_OBJECTS) listed.push(object);
    yield object;
  }
}
