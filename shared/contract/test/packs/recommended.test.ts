import { describe, expect, it } from 'vitest';
import { allTasks, Pack, type Modality } from '../../src/index.js';
import { matchPrompt } from '../../src/packs/index.js';

/** As the exporter of BiomedParse writes it: no targets of its own, so that the task catalogue answers. */
const exported = Pack.parse({
  schemaVersion: 1,
  kind: 'promptable-slices',
  id: 'biomedparse-v2',
  version: '2.0.0',
  title: 'BiomedParse v2 (MedImageParse 3D)',
  licence: { spdx: 'NOASSERTION' },
  weights: { file: 'biomedparse_v2.ckpt', bytes: 4_460_902_829, sha256: 'a'.repeat(64) },
  intendedUse: 'Research',
  modalities: ['ct', 'mr', 'us', 'pet', 'em', 'lightsheet'],
  files: {},
  model: {
    textEncoder: 'text_encoder.onnx',
    imageEncoder: 'image_encoder.onnx',
    decoder: 'decoder.onnx',
    tokenizer: 'tokenizer.json',
    imageSize: 512,
    maskSize: 128,
    orientation: 'LPS',
    sliceAxis: 'biomedparse',
    intensity: { kind: 'biomedparse' },
    normalise: { mean: 114.495, std: 57.63 },
    fit: 'pad-resize',
    edgeOutput: 'edge_logits',
    suppression: 'iou',
  },
});

const recommended = (text: string, modality: Modality): boolean => matchPrompt(exported, text, modality).recommended;

/** What the model card lists nowhere. */
const offList = [
  ...['left knee', 'bone', 'tumor', 'teeth', 'mandible', 'thymus', 'spleen lesion', 'hippocampus', 'cerebellum'],
  ...['left thalamus', 'amygdala', 'meniscus', 'rotator cuff', 'Achilles tendon', 'clavicle fracture', 'pneumothorax'],
  ...['pleural effusion', 'rib 7', 'sternum', 'pacemaker', 'dog', 'brian', 'hippocampas', 'left left', '?', 'the'],
];

/** What it lists in other modalities only. */
const offModality: readonly (readonly [string, Modality])[] = [
  ...(['sigmoid colon', 'mitochondrion', "Alzheimer's plaque", 'cecum', 'soleus', 'synaptic cleft'] as const).map(
    (text) => [text, 'ct'] as const,
  ),
  ...(['vertebra C3', 'trachea', 'pancreas tumor', 'COVID-19'] as const).map((text) => [text, 'mr'] as const),
  ...(['liver', 'left kidney', 'spinal cord', 'axon'] as const).map((text) => [text, 'us'] as const),
  ...(['liver', 'brain', 'lymph node'] as const).map((text) => [text, 'pet'] as const),
  ...(['liver', "Alzheimer's plaque", 'vessel'] as const).map((text) => [text, 'em'] as const),
  ...(['mitochondrion', 'liver', 'axon'] as const).map((text) => [text, 'lightsheet'] as const),
];

describe('what an exported BiomedParse pack is recommended for', () => {
  it('has all 236 tasks of the model card, each in its modality', () => {
    const tasks = allTasks();
    expect(tasks).toHaveLength(236);
    expect(tasks.filter(({ prompt, modality }) => !recommended(prompt, modality))).toEqual([]);
  });

  it('has every task also by its synonyms and within a sentence', () => {
    const texts = allTasks().flatMap(({ prompt, synonyms, side, modality }) => {
      const others = side === undefined ? synonyms : synonyms.map((name) => `${side} ${name}`);
      return [`Segmentation of the ${prompt}`, ...others].map((text) => ({ text, modality }));
    });
    expect(texts.filter(({ text, modality }) => !recommended(text, modality))).toEqual([]);
  });

  it('has nothing that the card lists nowhere, or in another modality only', () => {
    expect(offList.length + offModality.length).toBeGreaterThanOrEqual(40);
    expect(offList.filter((text) => exported.modalities.some((modality) => recommended(text, modality)))).toEqual([]);
    expect(offModality.filter(([text, modality]) => recommended(text, modality))).toEqual([]);
  });
});
