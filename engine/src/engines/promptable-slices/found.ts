import type { Finding, Modality, Prompt, PromptableSlicesModel, RemovedParts } from '@parse3d/contract';
import type { NiftiImage } from '@parse3d/volume/formats';
import { countLabels, voxelVolumeMl } from '@parse3d/volume/geometry';
import { standingsOf, standingWarnings, type KeepParts, type PromptStanding } from '@parse3d/contract/packs';
import { Problem } from '@parse3d/contract/problems';
import type { Labels } from '../../steps/step.js';
import type { Found } from '../../types.js';
import { keepSentences } from '../keep-rules.js';
import type { ExistenceTable } from './existence.js';
import { keepParts } from './keep-parts.js';
import type { PromptableSlicesPack } from './tools.js';
import type { MaskCounts } from './label-slices.js';
import { showRanges } from './schedule.js';
import { maskOf, type SliceReader } from './slice-readers.js';
import type { SliceSource } from './slice-source.js';
import type { TextFeatures } from './text.js';
import { slicesOf } from './slice-stack.js';
import { volumePieces } from './volume-pieces.js';
import type { SmoothWay } from './way-back.js';

/** Probability of an edge between objects from which a pixel counts as one; the published code has it fixed. */
const EDGE_THRESHOLD = 0.5;

/** A label that keeps less than this share of its mask in the label map is worth a warning. */
const SHOWN_SHARE = 0.9;

export interface FinishedRun {
  readonly pack: PromptableSlicesPack;
  readonly image: NiftiImage;
  readonly modality: Modality;
  readonly prompts: readonly Prompt[];
  readonly texts: readonly TextFeatures[];
  readonly source: SliceSource;
  readonly labels: Labels;
  readonly counts: MaskCounts;
  readonly existence: ExistenceTable;
  readonly way: SmoothWay;
  /** Which parts stay of each prompt's mask. */
  readonly rules: readonly (KeepParts | undefined)[];
  readonly overlap: PromptableSlicesModel['overlap'];
  readonly smooth: boolean;
  readonly samples: number;
  /** Of a decoder that samples. */
  readonly seed: number | undefined;
  /** The model's slices that an adaptive schedule ran. */
  readonly ran: readonly number[] | undefined;
  /** Absent when nobody wants single masks. */
  readonly reader: SliceReader | undefined;
  /** Of the edges between objects; absent where the pack has none or nobody asked for objects. */
  readonly edgeReader: SliceReader | undefined;
  readonly wantProbabilities: boolean;
  readonly close: () => void;
}

export function foundOf(run: FinishedRun): Found {
  const { image, reader, source, pack } = run;
  const { geometry } = image;
  const voxels = image.data.length;
  const probabilityPieces = (prompt: number, voxels?: Float64Array): Generator<Float32Array> => {
    const wanted = voxels && slicesOf(voxels, geometry.shape, source.volume);
    return volumePieces(
      geometry.shape,
      source.volume,
      (index) => (wanted?.has(index) === false ? undefined : readerOf(reader).probabilities(index, prompt)),
      (length) => new Float32Array(length),
    );
  };
  const piecesAbove = (from: SliceReader, threshold: number, prompt: number): Generator<Uint8Array> =>
    volumePieces(
      geometry.shape,
      source.volume,
      (index) => {
        const slice = from.probabilities(index, prompt);
        return slice && maskOf(slice, threshold);
      },
      (length) => new Uint8Array(length),
    );
  const { edgeReader } = run;
  const { prompts, rules, labels, counts } = run;
  const { maskPieces, removed } = keepParts({
    ...{ geometry, prompts, rules, labels, counts, probabilityPieces },
    threshold: pack.threshold,
    maskPieces: (prompt) => piecesAbove(readerOf(reader), pack.threshold, prompt),
  });
  if (run.overlap === 'most-specific') paintSmallestLast(run, maskPieces);
  const standings = standingsOf(pack, run.prompts, run.modality);
  return {
    labels: { data: run.labels, geometry },
    mask: (prompt) => joined(maskPieces(prompt), new Uint8Array(voxels)),
    maskPieces,
    ...(run.wantProbabilities
      ? {
          probabilities: (prompt: number) => joined(probabilityPieces(prompt), new Float32Array(voxels)),
          probabilityPieces,
        }
      : {}),
    ...(edgeReader && { edgePieces: (prompt: number) => piecesAbove(edgeReader, EDGE_THRESHOLD, prompt) }),
    findings: prompts.map((prompt, index) => findingOf(run, prompt, index, standings.prompts[index], removed[index])),
    preparation: [...preparationOf(run), ...keepSentences(prompts, removed)],
    warnings: [...warningsOf(run), ...standingWarnings(standings, prompts)],
    hidden: hiddenOf(run),
    close: () => Promise.resolve(run.close()),
  };
}

/**
 * Writes the masks over each other, the largest first, so that what lies inside of another stays visible. Where the label
 * map shows every mask whole already, none of them is read again.
 */
function paintSmallestLast(run: FinishedRun, maskPieces: (prompt: number) => Iterable<Uint8Array>): void {
  if (notShown(run, 1).length === 0) return;
  const { prompts, labels, counts } = run;
  const size = (prompt: number): number => counts.voxels[prompt];
  const order = prompts.map((_, prompt) => prompt).filter((prompt) => size(prompt) > 0);
  order.sort((a, b) => size(b) - size(a) || b - a);
  for (const prompt of order) {
    const label = prompts[prompt]?.label ?? 0;
    let at = 0;
    for (const piece of maskPieces(prompt)) {
      for (let n = 0; n < piece.length; n++) if (piece[n] === 1) labels[at + n] = label;
      at += piece.length;
    }
  }
}

function findingOf(
  { image, source, counts, existence, way }: FinishedRun,
  prompt: Prompt,
  index: number,
  { recommended, suggestion }: Partial<PromptStanding> = {},
  removed?: RemovedParts,
): Finding {
  const voxels = counts.voxels[index];
  return {
    label: prompt.label,
    prompt: prompt.text,
    verdict: voxels > 0 ? 'present' : 'absent',
    voxels,
    volumeMl: voxels * voxelVolumeMl(image.geometry),
    meanProbability: voxels > 0 ? Math.min(1, counts.sum[index] / voxels) : null,
    maxProbability: voxels > 0 ? counts.max[index] : null,
    existence: existence.ofVolume(index),
    existenceBySlice: existence.bySlice(index, source.volume, way.depth),
    recommended: recommended ?? false,
    ...(suggestion === undefined ? {} : { suggestion }),
    ...(removed && { removed }),
  };
}

function preparationOf({ source, smooth, ran, seed, samples }: FinishedRun): string[] {
  const { depth } = source.model;
  return [
    ...source.sentences,
    ...(ran === undefined
      ? []
      : [
          `adaptive schedule: ran ${ran.length} of ${depth} slices (${showRanges(ran)}, counted from 0 as the model sees them)`,
        ]),
    ...(seed === undefined
      ? []
      : [samples === 1 ? `noise of seed ${seed}` : `mean of the noises of seeds ${seed} to ${seed + samples - 1}`]),
    smooth
      ? 'probabilities interpolated to the volume’s grid'
      : 'masks taken back to the volume’s grid by the nearest pixel',
  ];
}

function warningsOf({ prompts, texts, pack }: FinishedRun): string[] {
  return prompts.flatMap(({ label }, index) =>
    texts[index]?.cut === true
      ? [
          `The prompt of label ${label} is longer than ${pack.model.contextLength} tokens; the model did not read its end.`,
        ]
      : [],
  );
}

/** A label map shows each voxel once: of targets inside of others it may hardly show anything, or of those around them. */
function hiddenOf(run: FinishedRun): Found['hidden'] {
  const labels = notShown(run, SHOWN_SHARE).map(({ label }) => label);
  return { labels, rule: run.overlap === 'most-specific' ? 'smallest target' : 'most probable prompt' };
}

/** Prompts of which the label map shows less than this share of their mask. */
function notShown({ prompts, labels, counts }: FinishedRun, share: number): readonly Prompt[] {
  const shown = countLabels(labels);
  return prompts.filter(({ label }, index) => (shown.get(label) ?? 0) < share * counts.voxels[index]);
}

function readerOf(reader: SliceReader | undefined): SliceReader {
  if (reader === undefined)
    throw new Problem('internal', 'single masks were not asked for when the volume was segmented');
  return reader;
}

function joined<T extends Uint8Array | Float32Array>(pieces: Iterable<T>, whole: T): T {
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
