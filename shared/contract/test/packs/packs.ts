import { Pack } from '../../src/index.js';

interface Class {
  readonly name: string;
  readonly side?: 'left' | 'right';
  readonly synonyms?: readonly string[];
}

export function labelMapPack(classes: readonly Class[]): Pack {
  return Pack.parse({
    schemaVersion: 1,
    id: 'atlas',
    version: '1.0.0',
    kind: 'label-map',
    title: 'Atlas',
    licence: { spdx: 'MIT' },
    intendedUse: 'tests',
    modalities: ['mr'],
    files: {},
    model: {
      graph: 'model.onnx',
      axes: 'ijk',
      channels: classes.length + 1,
      activation: 'softmax',
      conform: {},
      intensity: { kind: 'none' },
      classes: classes.map((one, index) => ({ channel: index + 1, ...one })),
    },
  });
}

export function promptablePack(targets: readonly Class[]): Pack {
  return Pack.parse({
    schemaVersion: 1,
    id: 'promptable',
    version: '1.0.0',
    kind: 'promptable-slices',
    title: 'Promptable',
    licence: { spdx: 'MIT' },
    intendedUse: 'tests',
    modalities: ['ct', 'us'],
    files: {},
    targets,
    model: {
      textEncoder: 'text.onnx',
      imageEncoder: 'image.onnx',
      decoder: 'decoder.onnx',
      tokenizer: 'tokenizer.json',
      imageSize: 512,
      maskSize: 128,
      orientation: 'LPS',
      sliceAxis: 'biomedparse',
      intensity: { kind: 'biomedparse' },
      normalise: { mean: 0, std: 1 },
      fit: 'pad-resize',
      suppression: 'iou',
    },
  });
}
