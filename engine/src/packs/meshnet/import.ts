import { basename, resolve } from 'node:path';
import type { LabelMapModel, Modality, Pack } from '@parse3d/contract';
import { Problem } from '@parse3d/contract/problems';
import { writeModel } from '../../onnx-model/index.js';
import { loadPack } from '../load.js';
import { writePack } from '../write.js';
import { meshnetGraph } from './graph.js';
import { readClasses } from './labels.js';
import { readLayersModel } from './layers-model.js';
import type { ConvLayer, MeshnetLayer } from './layers-model.js';
import { verifyLayers } from './verify.js';
import type { ComputedCheck } from './verify.js';

export interface ImportMeshnetRequest {
  /** model.json in the TensorFlow.js layers format; its weight files lie beside it. */
  readonly modelJson: string;
  /** colormap.json with one label and one colour per channel. */
  readonly labels: string;
  /** Folder of the new pack. */
  readonly out: string;
  /** @default the name of `out` */
  readonly id?: string | undefined;
  readonly title?: string | undefined;
  /** SPDX identifier of the weights' licence. @default NOASSERTION */
  readonly licence?: string | undefined;
  /** @default mr */
  readonly modalities?: readonly Modality[] | undefined;
}

export interface ImportReport {
  readonly pack: Pack;
  readonly folder: string;
  readonly convolutions: number;
  readonly parameters: number;
  /** How far around a voxel the model looks; absent when it looks at the whole volume (group normalisation). */
  readonly haloVoxels?: number;
  /** ONNX Runtime against a direct computation. */
  readonly checks: readonly ComputedCheck[];
}

/** What published MeshNets were trained on: 1 mm, axes to the left, down and forward, as FreeSurfer's conform gives. */
const conform: LabelMapModel['conform'] = { orientation: 'LIA', spacingMm: [1, 1, 1] };

/** A volume up to this size is one pass; a larger one is cut into tiles, with the very same result. */
const TILE: [number, number, number] = [256, 256, 256];

/**
 * Turns a MeshNet into a pack: reads it, writes the ONNX graph, compares ONNX Runtime with a direct computation, and
 * loads the finished pack as a worker would.
 * @throws Problem `pack-import-failed` naming the layer or the file that is not understood
 */
export async function importMeshnet(request: ImportMeshnetRequest): Promise<ImportReport> {
  const layers = await readLayersModel(request.modelJson);
  const convolutions = layers.filter((layer) => layer.kind === 'conv');
  const channels = convolutions.at(-1)?.outChannels ?? 0;
  const classes = await readClasses(request.labels, channels);
  const checks = await verifyLayers(layers);
  const haloVoxels = haloOf(layers);
  const id = request.id ?? idFrom(request.out);
  const title = request.title ?? `MeshNet ${id}`;

  const folder = resolve(request.out);
  await writePack(
    folder,
    {
      schemaVersion: 1,
      id,
      version: '1.0.0',
      kind: 'label-map',
      title,
      description: `MeshNet of ${convolutions.length} convolutions, imported from TensorFlow.js layers format.`,
      licence: { spdx: request.licence ?? 'NOASSERTION' },
      intendedUse: 'Research on images like those that the model was trained on; see where its weights were published.',
      modalities: [...(request.modalities ?? ['mr'])],
      bytesPerVoxel: bytesPerVoxel(convolutions),
      model: {
        graph: 'model.onnx',
        input: 'image',
        output: 'logits',
        // The models take arrays indexed [i, j, k]; read as [k, j, i], 4 % of a head's voxels change their class.
        axes: 'ijk',
        channels,
        activation: 'softmax',
        conform,
        intensity: { kind: 'min-max', range: [0, 1] },
        ...(haloVoxels === undefined ? {} : { window: { shape: TILE, halo: haloVoxels } }),
        classes,
      },
    },
    { 'model.onnx': writeModel(meshnetGraph(layers)) },
  );
  const { pack } = await loadPack(folder);
  const parameters = convolutions.reduce((sum, { kernel, bias }) => sum + kernel.length + (bias?.length ?? 0), 0);
  return {
    pack,
    folder,
    convolutions: convolutions.length,
    parameters,
    ...(haloVoxels === undefined ? {} : { haloVoxels }),
    checks,
  };
}

/** Reach of all convolutions together; undefined when a layer needs the mean over the whole volume. */
function haloOf(layers: readonly MeshnetLayer[]): number | undefined {
  const convolutions = layers.filter((layer) => layer.kind === 'conv');
  if (convolutions.some(({ normalise }) => normalise)) return undefined;
  const along = (axis: 0 | 1 | 2): number =>
    convolutions.reduce((sum, { kernelShape, dilation }) => sum + (dilation[axis] * (kernelShape[axis] - 1)) / 2, 0);
  return Math.max(along(0), along(1), along(2));
}

/**
 * A convolution's input and output are in memory together, and the logits once more while ONNX Runtime hands them over;
 * beside them the image and its scaled copy. Measured on five published models: 40, 169, 241, 401 and 122 bytes.
 */
function bytesPerVoxel(convolutions: readonly ConvLayer[]): number {
  const logits = 2 * (convolutions.at(-1)?.outChannels ?? 0);
  return 4 * (2 + Math.max(logits, ...convolutions.map(({ inChannels, outChannels }) => inChannels + outChannels)));
}

function idFrom(folder: string): string {
  const id = basename(resolve(folder))
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 63);
  if (id !== '') return id;
  throw new Problem(
    'pack-import-failed',
    `expected an id of letters and digits, ${folder} has none in its name; name one`,
  );
}
