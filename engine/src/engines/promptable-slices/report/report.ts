import type { Finding, Prompt, RemovedParts } from '@parse3d/contract';
import { standingsOf, standingWarnings, type PromptStanding } from '@parse3d/contract/packs';
import { voxelVolumeMl } from '@parse3d/volume/geometry';
import type { Found } from '../../../types.js';
import { keepSentences } from '../../keep-rules.js';
import type { Prepared, RunPlan } from '../prepare/prepared.js';
import type { Restored } from '../restore/restoration.js';
import { showRanges } from '../score/adaptive.js';
import type { Scoring } from '../score/scoring.js';
import type { Scratch } from '../score/scratch.js';
import { keepParts } from './keep-parts.js';
import { hiddenLabels, paintSmallestLast } from './overlap.js';
import { VolumeMasks } from './volume-masks.js';

/** A run whose last slice has been taken back to the volume's grid. */
export interface FinishedRun {
  readonly plan: RunPlan;
  readonly prepared: Prepared;
  readonly scoring: Scoring;
  readonly restored: Restored;
  readonly scratch: Scratch;
}

/** Removes the parts that do not stay, settles who shows where masks overlap, and says what was found. */
export function report(run: FinishedRun): Found {
  const { plan, prepared, restored, scratch } = run;
  const { pack, prompts, volume, modality } = plan;
  const { labels, counts } = restored;
  const all = new VolumeMasks(volume.geometry, prepared.slices.volume, pack.threshold, restored);
  const { maskPieces, removed } = keepParts({
    geometry: volume.geometry,
    prompts,
    rules: plan.keepRules,
    labels,
    counts,
    threshold: pack.threshold,
    probabilityPieces: (prompt, voxels) => all.probabilityPieces(prompt, voxels),
    maskPieces: (prompt) => all.maskPieces(prompt),
  });
  const shown = { prompts, labels, counts };
  if (plan.overlap === 'most-specific') paintSmallestLast(shown, maskPieces);
  const standings = standingsOf(pack, prompts, modality);
  return {
    labels: { data: labels, geometry: volume.geometry },
    mask: (prompt) => joined(maskPieces(prompt), new Uint8Array(labels.length)),
    maskPieces,
    ...(plan.wantProbabilities && {
      probabilities: (prompt: number) => joined(all.probabilityPieces(prompt), new Float32Array(labels.length)),
      probabilityPieces: (prompt: number) => all.probabilityPieces(prompt),
    }),
    ...(restored.edges && { edgePieces: (prompt: number) => all.edgePieces(prompt) }),
    findings: prompts.map((prompt, index) => findingOf(run, prompt, index, standings.prompts[index], removed[index])),
    preparation: [...preparationSentences(run), ...keepSentences(prompts, removed)],
    warnings: [...cutPromptWarnings(run), ...standingWarnings(standings, prompts)],
    hidden: hiddenLabels(shown, plan.overlap),
    close: () => Promise.resolve(scratch.close()),
  };
}

function findingOf(
  { plan, prepared, scoring, restored }: FinishedRun,
  prompt: Prompt,
  index: number,
  { recommended, suggestion }: Partial<PromptStanding> = {},
  removed?: RemovedParts,
): Finding {
  const { counts, depth } = restored;
  const { existence } = scoring;
  const voxels = counts.voxels[index];
  return {
    label: prompt.label,
    prompt: prompt.text,
    verdict: voxels > 0 ? 'present' : 'absent',
    voxels,
    volumeMl: voxels * voxelVolumeMl(plan.volume.geometry),
    meanProbability: voxels > 0 ? Math.min(1, counts.sum[index] / voxels) : null,
    maxProbability: voxels > 0 ? counts.max[index] : null,
    existence: existence.ofVolume(index),
    existenceBySlice: existence.bySlice(index, prepared.slices.volume, depth),
    recommended: recommended ?? false,
    ...(suggestion === undefined ? {} : { suggestion }),
    ...(removed && { removed }),
  };
}

function preparationSentences({ plan, prepared, scoring, restored }: FinishedRun): string[] {
  const { seed, samples } = plan;
  const { adaptiveSlices: ran, blankSlices: blank } = scoring;
  const { depth } = prepared.slices.model;
  return [
    ...prepared.slices.sentences,
    ...(ran === undefined
      ? []
      : [
          `adaptive schedule: ran ${ran.length} of ${depth} slices (${showRanges(ran)}, counted from 0 as the model sees them)`,
        ]),
    ...(blank === 0
      ? []
      : [
          `${blank} of ${depth} slices hold one grey value, as the slices beside them: not run, the model takes the same of another`,
        ]),
    ...(seed === undefined
      ? []
      : [samples === 1 ? `noise of seed ${seed}` : `mean of the noises of seeds ${seed} to ${seed + samples - 1}`]),
    restored.smooth
      ? 'probabilities interpolated to the volume’s grid'
      : 'masks taken back to the volume’s grid by the nearest pixel',
  ];
}

function cutPromptWarnings({ plan, prepared }: FinishedRun): string[] {
  return plan.prompts.flatMap(({ label }, index) =>
    prepared.texts[index]?.cut === true
      ? [
          `The prompt of label ${label} is longer than ${plan.pack.model.contextLength} tokens; the model did not read its end.`,
        ]
      : [],
  );
}

function joined<T extends Uint8Array | Float32Array>(pieces: Iterable<T>, whole: T): T {
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
