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

/** Outside the body nothing is found; lung keeps this far from its border, where skin and air share voxels. Unit: mm */
const LUNG_DEPTH_MM = 5;
/** Logit that no value of a volume overcomes. */
const NEVER = 1e6;

/**
 * Sorts by density, inside the body alone. Neighbouring classes of one 1×1×1 convolution differ by (HU − border) /
 * softness, so that the highest logit is that of the range which holds the value, and the softmax crosses from one class to
 * the next like a logistic curve. Then: outside the body every class but the background is impossible, and so is lung near
 * its border. Bone is closed by one voxel: marrow between two walls of bone is bone.
 */
export function ctTissueGraph(): OnnxModel {
  const graph = new GraphBuilder(
    'ct-tissue',
    'Logits of tissue classes from Hounsfield units and the depth in the body',
  );
  const image = graph.input('image', 'float32', [1, 1, 'k', 'j', 'i']);
  const depth = graph.input('depth', 'float32', [1, 1, 'k', 'j', 'i']);
  const density = densityOf(graph, image, 'density');

  // How much likelier bone is than the best other class, closed: the highest around, then the lowest of those.
  const pick = (name: string, wanted: readonly number[]): string => {
    const numbers = graph.constant(`channels-of-${name}`, BigInt64Array.from(wanted, BigInt), [wanted.length]);
    return graph.node('Gather', [density, numbers], name, { axis: 1 });
  };
  const others = pick('others', [0, 1, 2, 3, 4]);
  const bone = pick('bone', [5]);
  const best = graph.node('ReduceMax', [others], 'best-other', { axes: [1], keepdims: 1 });
  const margin = graph.node('Sub', [bone, best], 'margin');
  const cube = { kernel_shape: [3, 3, 3], pads: [1, 1, 1, 1, 1, 1] };
  const highest = graph.node('MaxPool', [margin], 'highest', cube);
  const lowest = graph.node('MaxPool', [graph.node('Neg', [highest], 'highest-below')], 'lowest', cube);
  const closed = graph.node('Add', [best, graph.node('Neg', [lowest], 'closed-margin')], 'closed-bone');
  const tissues = graph.node('Concat', [others, closed], 'tissues', { axis: 1 });

  // 1 where a class is possible, by depth: (depth − least) cut to 0…1, far steeper than any voxel is wide.
  const least = new Float32Array(channels).fill(0);
  const free = new Float32Array(channels);
  for (const { channel, name } of ranges) {
    if (name === 'lung') least[channel] = LUNG_DEPTH_MM;
    if (channel === 0) free[channel] = 1;
  }
  const from = graph.constant('least-depth', least, [1, channels, 1, 1, 1]);
  const steep = graph.constant('steep', Float32Array.from([1e4]), [1]);
  const [zero, one] = [
    graph.constant('zero', Float32Array.from([0]), []),
    graph.constant('one', Float32Array.from([1]), []),
  ];
  const beyond = graph.node('Mul', [graph.node('Sub', [depth, from], 'beyond-least'), steep], 'beyond');
  const inside = graph.node('Clip', [beyond, zero, one], 'inside');
  const always = graph.constant('always', free, [1, channels, 1, 1, 1]);
  const possible = graph.node('Max', [inside, always], 'possible');
  const impossible = graph.node('Sub', [one, possible], 'impossible');
  const never = graph.constant('never', Float32Array.from([NEVER]), [1]);
  graph.node('Sub', [tissues, graph.node('Mul', [impossible, never], 'penalty')], 'logits');
  graph.output('logits', 'float32', [1, channels, 'k', 'j', 'i']);
  return graph.build();
}

/** Adds the logits of the classes by density alone, voxel by voxel, under a name. */
export function densityOf(graph: GraphBuilder, image: string, name: string): string {
  const slopes = new Float32Array(channels);
  const offsets = new Float32Array(channels);
  const background = ranges.findIndex(({ channel }) => channel === 0);
  ranges.forEach(({ channel }, rank) => {
    slopes[channel] = (rank - background) / SOFTNESS_HU;
    offsets[channel] = (bordersBelow(background) - bordersBelow(rank)) / SOFTNESS_HU;
  });
  const weights = graph.constant('slopes', slopes, [channels, 1, 1, 1, 1]);
  const bias = graph.constant('offsets', offsets, [channels]);
  return graph.node('Conv', [image, weights, bias], name, { kernel_shape: [1, 1, 1] });
}

/** Sum of the borders up to a class; borders lie halfway between whole Hounsfield units, so no stored value ties. */
function bordersBelow(rank: number): number {
  return ranges.slice(1, rank + 1).reduce((sum, { from }) => sum + from - 0.5, 0);
}

export const ctTissuePack: PackDraft = {
  schemaVersion: 1,
  id: 'ct-tissue',
  version: '2.0.0',
  kind: 'label-map',
  title: 'CT tissue by Hounsfield range',
  description:
    'Inside the body: gas (HU < -950), aerated lung (-950 to -500, not within 5 mm of the skin), fat (-190 to -30), soft ' +
    'tissue (-29 to 150) and bone (> 150, small gaps closed), from published Hounsfield ranges. No training. Contrast ' +
    'medium, metal and calcified vessels count as bone.',
  licence: { spdx: 'MIT' },
  citation:
    'Gevenois et al., Am J Respir Crit Care Med 1996;154:187-192. Gattinoni et al., Am J Respir Crit Care Med ' +
    '2001;164:1701-1711. Mitsiopoulos et al., J Appl Physiol 1998;85:115-122. Aubrey et al., Acta Physiol 2014;210:489-497.',
  intendedUse:
    'Showing how parse3d works, and a first look at tissue amounts in CT. It knows no anatomy: it sorts the voxels of the body by density.',
  demonstration: true,
  modalities: ['ct'],
  bytesPerVoxel: 40,
  model: {
    graph: 'model.onnx',
    input: 'image',
    body: { input: 'depth', above: -500 },
    output: 'logits',
    axes: 'kji',
    channels,
    activation: 'softmax',
    conform: {},
    intensity: { kind: 'none' },
    // The closing of bone reaches two voxels far.
    window: { shape: [512, 512, 8], halo: 2 },
    classes: [
      { channel: 1, name: 'air', synonyms: ['gas', 'bowel gas', 'free air'], colour: '#6fb7e8' },
      {
        channel: 2,
        name: 'lung',
        synonyms: ['lung parenchyma', 'lung tissue', 'aerated lung', 'pulmonary parenchyma'],
        colour: '#f2b8c6',
        // Where bowel gas meets its wall, voxels have the density of lung.
        removeBelowMl: 1,
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
