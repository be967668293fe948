import { join } from 'node:path';
import type { LabelMapModel, Prompt } from '@parse3d/contract';
import { readNifti, writeNifti, type NiftiImage } from '@parse3d/volume/formats';
import { makeGeometry, voxelCount, type Affine, type Shape, type Volume } from '@parse3d/volume/geometry';
import { scratchFolder, type ScratchFolder } from '@parse3d/testing';
import { openEngine } from '../../src/engines/index.js';
import { GraphBuilder, writeModel } from '../../src/onnx-model/index.js';
import { loadPack, writePack, type PackDraft } from '../../src/packs/index.js';
import type { Engine, Found, InferRequest } from '../../src/types.js';

/** Numbers between -1 and 1 that are the same in every run. */
export function noise(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 31 - 1;
  };
}

export const CHANNELS = 5;
/** Reach of the tiny graph: dilations 1 and 2 of kernels of 3. */
export const REACH = 3;

/** Two dilated 3×3×3 convolutions with weights that know each direction apart: which way a volume lies matters. `never`: a channel that never wins. */
export function tinyGraph({ never }: { never?: number } = {}): Uint8Array {
  const random = noise(7);
  const numbers = (length: number): Float32Array => Float32Array.from({ length }, random);
  const graph = new GraphBuilder('tiny');
  const axes = ['x', 'y', 'z'];
  graph.input('image', 'float32', [1, 1, ...axes]);
  graph.constant('w1', numbers(3 * 27), [3, 1, 3, 3, 3]);
  graph.constant('b1', numbers(3), [3]);
  graph.constant('w2', numbers(CHANNELS * 3 * 27), [CHANNELS, 3, 3, 3, 3]);
  graph.constant(
    'b2',
    numbers(CHANNELS).map((value, channel) => (channel === never ? -1000 : value)),
    [CHANNELS],
  );
  graph.node('Conv', ['image', 'w1', 'b1'], 'c1', { kernel_shape: [3, 3, 3], pads: [1, 1, 1, 1, 1, 1] });
  graph.node('Relu', ['c1'], 'r1');
  graph.node('Conv', ['r1', 'w2', 'b2'], 'logits', {
    kernel_shape: [3, 3, 3],
    dilations: [2, 2, 2],
    pads: [2, 2, 2, 2, 2, 2],
  });
  graph.output('logits', 'float32', [1, CHANNELS, ...axes]);
  return writeModel(graph.build());
}

type ModelChange = Partial<Extract<PackDraft, { kind: 'label-map' }>['model']>;

export function tinyDraft(change: ModelChange = {}): PackDraft {
  return {
    schemaVersion: 1,
    id: 'tiny',
    version: '1.0.0',
    kind: 'label-map',
    title: 'Tiny',
    licence: { spdx: 'MIT' },
    intendedUse: 'tests',
    modalities: ['mr'],
    model: {
      graph: 'model.onnx',
      axes: 'kji',
      channels: CHANNELS,
      activation: 'softmax',
      conform: {},
      intensity: { kind: 'min-max', range: [0, 1] },
      classes: [
        { channel: 1, name: 'hippocampus', side: 'left', synonyms: ['brain'], colour: '#ff0000' },
        { channel: 2, name: 'hippocampus', side: 'right', synonyms: ['brain'], colour: '#00ff00' },
        { channel: 3, name: 'thalamus', synonyms: ['brain'] },
        { channel: 4, name: 'liver' },
      ],
      ...change,
    },
  };
}

/** Opens things that `close` takes away again. */
export class Bench {
  readonly #closing: (() => Promise<void>)[] = [];

  /** Something to take away at the end. */
  later(close: () => Promise<void>): void {
    this.#closing.push(close);
  }

  async folder(): Promise<ScratchFolder> {
    const folder = await scratchFolder('engine');
    this.#closing.push(() => folder.remove());
    return folder;
  }

  async engine(change: ModelChange = {}, graph: Uint8Array = tinyGraph()): Promise<Engine> {
    const { path } = await this.folder();
    await writePack(path, tinyDraft(change), { 'model.onnx': graph });
    return this.open(path);
  }

  async open(packFolder: string, threads = 1): Promise<Engine> {
    const engine = await openEngine(await loadPack(packFolder), { device: 'cpu', threads });
    this.#closing.push(() => engine.close());
    return engine;
  }

  /** A volume as it comes out of a file. */
  async image(volume: Volume): Promise<NiftiImage> {
    const { path } = await this.folder();
    const file = join(path, 'volume.nii');
    await writeNifti(file, { geometry: volume.geometry, datatype: 'float32' }, volume.data);
    return readNifti(file);
  }

  async close(): Promise<void> {
    for (const close of this.#closing.splice(0).reverse()) await close();
  }
}

export const prompts = (...texts: string[]): Prompt[] => texts.map((text, n) => ({ text, label: n + 1 }));

export function infer(
  engine: Engine,
  image: NiftiImage,
  texts: string[],
  more: Partial<InferRequest> = {},
): Promise<Found> {
  const request = {
    prompts: prompts(...texts),
    modality: 'mr',
    options: { seed: 0 },
    wantProbabilities: false,
  } as const;
  return engine.infer(image, { ...request, ...more }, () => undefined, new AbortController().signal);
}

/** RAS, spacings that differ, an origin off zero. */
export const SKEW: Affine = [1.5, 0, 0, -20, 0, 2, 0, 5, 0, 0, 1.25, 30, 0, 0, 0, 1];

/** Smooth blobs with a little noise, different in every direction. */
export function phantom(shape: Shape, affine: Affine = SKEW): Volume<Float32Array> {
  const random = noise(3);
  const data = new Float32Array(voxelCount(shape));
  let n = 0;
  for (let k = 0; k < shape[2]; k++) {
    for (let j = 0; j < shape[1]; j++) {
      for (let i = 0; i < shape[0]; i++) {
        const wave = Math.sin(i / 2.3) + Math.cos(j / 3.1 + i / 9) + Math.sin((k + j) / 4.7);
        data[n++] = 100 + 40 * wave + 15 * random();
      }
    }
  }
  return { data, geometry: makeGeometry(shape, affine) };
}

export type Window = NonNullable<LabelMapModel['window']>;
