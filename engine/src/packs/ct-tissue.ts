import { GraphBuilder } from '../onnx-model/index.js';
import type { OnnxModel } from '../onnx-model/index.js';
import type { PackDraft } from './write.js';

/**
 * Tissues by Hounsfield range, densest last. `from` is the first whole Hounsfield unit of the class; each class ends where
 * the next begins. packs/ct-tissue/README.md says where each number was published.
 */
const ranges = [
  { channel: 1, name: 'air', from: Number.NEGATIVE_INFINITY },
  { channel: 2, name: 'lung', from: -950 },
  // Poorly aerated lung and voxels that are half air, half tissue: not one tissue, hence the background.
  { channel: 0, name: 'background', from: -499 },
  { channel: 3, name: 'fat', from: -190 },
  { channel: 4, name: 'soft tissue', from: -29 },
  { channel: 5, name: 'bone', from: 151 },
] as const;

/** Hounsfield units per unit of logit at a border: about the noise of a body CT, so 50 % at the border, 73 % 10 HU inside. */
const SOFTNESS_HU = 10;

const channels = ranges.length;

/**
 * One 1×1×1 convolution. Neighbouring classes differ by (HU − border) / softness, so that the highest logit is that of the
 * range which holds the value, and the softmax crosses from one class to the next like a logistic curve.
 */
export function ctTissueGraph(): OnnxModel {
  const slopes = new Float32Array(channels);
  const offsets = new Float32Array(channels);
  const background = ranges.findIndex(({ channel }) => channel === 0);
  ranges.forEach(({ channel }, rank) => {
    slopes[channel] = (rank - background) / SOFTNESS_HU;
    offsets[channel] = (bordersBelow(background) - bordersBelow(rank)) / SOFTNESS_HU;
  });
  const graph = new GraphBuilder('ct-tissue', 'Logits of tissue classes from Hounsfield units, voxel by voxel');
  const image = graph.input('image', 'float32', [1, 1, 'k', 'j', 'i']);
  const weights = graph.constant('slopes', slopes, [channels, 1, 1, 1, 1]);
  const bias = graph.constant('offsets', offsets, [channels]);
  graph.node('Conv', [image, weights, bias], 'logits', { kernel_shape: [1, 1, 1] });
  graph.output('logits', 'float32', [1, channels, 'k', 'j', 'i']);
  return graph.build();
}

/** Sum of the borders up to a class; borders lie halfway between whole Hounsfield units, so no stored value ties. */
function bordersBelow(rank: number): number {
  return ranges.slice(1, rank + 1).reduce((sum, { from }) => sum + from - 0.5, 0);
}

export const ctTissuePack: PackDraft = {
  schemaVersion: 1,
  id: 'ct-tissue',
  version: '1.0.0',
  kind: 'label-map',
  title: 'CT tissue by Hounsfield range',
  description:
    'Air (HU < -950), aerated lung (-950 to -500), fat (-190 to -30), soft tissue (-29 to 150) and bone (> 150), voxel by ' +
    'voxel, from published Hounsfield ranges. No training. Air outside the body counts as air; contrast medium, metal and ' +
    'calcified vessels count as bone.',
  licence: { spdx: 'MIT' },
  citation:
    'Gevenois et al., Am J Respir Crit Care Med 1996;154:187-192. Gattinoni et al., Am J Respir Crit Care Med ' +
    '2001;164:1701-1711. Mitsiopoulos et al., J Appl Physiol 1998;85:115-122. Aubrey et al., Acta Physiol 2014;210:489-497.',
  intendedUse:
    'Showing how parse3d works, and a first look at tissue amounts in CT. It knows no anatomy: it sorts voxels by density.',
  demonstration: true,
  modalities: ['ct'],
  bytesPerVoxel: 8,
  model: {
    graph: 'model.onnx',
    input: 'image',
    output: 'logits',
    axes: 'kji',
    channels,
    activation: 'softmax',
    conform: {},
    intensity: { kind: 'none' },
    window: { shape: [512, 512, 8], halo: 0 },
    classes: [
      { channel: 1, name: 'air', synonyms: ['gas', 'bowel gas', 'free air'], colour: '#6fb7e8' },
      {
        channel: 2,
        name: 'lung',
        synonyms: ['lung parenchyma', 'lung tissue', 'aerated lung', 'pulmonary parenchyma'],
        colour: '#f2b8c6',
      },
      {
        channel: 3,
        name: 'fat',
        synonyms: ['adipose tissue', 'fat tissue', 'fatty tissue', 'body fat'],
        colour: '#f4d35e',
      },
      {
        channel: 4,
        name: 'soft tissue',
        synonyms: ['muscle', 'muscle tissue', 'skeletal muscle', 'lean tissue', 'organ tissue'],
        colour: '#c8553d',
      },
      {
        channel: 5,
        name: 'bone',
        synonyms: ['skeleton', 'bone tissue', 'osseous tissue', 'skeletal system'],
        colour: '#f5f1e3',
      },
    ],
  },
};
