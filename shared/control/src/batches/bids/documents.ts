import {
  RESEARCH_NOTICE,
  tellLeftOut,
  type BatchRecord,
  type CompletedManifest,
  type Finding,
} from '@parse3d/contract';
import type { Software } from '../../ledger/manifests.js';

/** The version of BIDS that names and documents follow. */
const BIDS_VERSION = '1.10.0';

const REPOSITORY_DESCRIPTION = 'Text-prompted segmentation of 3D biomedical volumes';

/** `dataset_description.json`: what made the dataset, and of what. */
export function datasetDescription(batch: BatchRecord, software: Software): object {
  const source = batch.source.uri ?? '';
  return {
    Name: batch.name ?? `parse3d batch ${batch.batchId}`,
    BIDSVersion: BIDS_VERSION,
    DatasetType: 'derivative',
    GeneratedBy: [
      { Name: software.name, Version: software.version, Description: REPOSITORY_DESCRIPTION },
      { Name: `${software.name}-pack-${batch.pack.id}`, Version: batch.pack.version, Description: 'The model' },
    ],
    SourceDatasets: [{ URL: source }],
    DatasetLinks: { raw: source },
  };
}

export function readme(batch: BatchRecord): string {
  return [
    `# Segmentations of ${batch.source.uri ?? 'a dataset'}`,
    '',
    `Made by parse3d, batch ${batch.batchId}, with the pack ${batch.pack.id} ${batch.pack.version}.`,
    '',
    '`*_dseg.nii.gz` are label maps on the grid of their image. `*_dseg.tsv` beside each names its labels and says how',
    'much was found of each; `*_dseg.json` says how it was made. Volumes that could not be segmented are not here: they',
    'are listed in the batch’s `failures.jsonl`.',
    ...(batch.leftOut ?? []).flatMap((one) => ['', `Not taken: ${tellLeftOut(one)}.`]),
    '',
    RESEARCH_NOTICE,
    '',
  ].join('\n');
}

/** Sidecar of a label map, a mask or a probability map. @param source path of the image below the dataset's root */
export function sidecar(source: string, manifest: CompletedManifest, prompt?: string): object {
  return {
    Description:
      prompt === undefined
        ? 'Labels of what text prompts name; 0 is everything else'
        : `What the prompt "${prompt}" names`,
    Sources: [`bids:raw:${source}`],
    SpatialReference: 'orig',
    Manual: false,
    ...(prompt === undefined ? COLUMNS : {}),
    parse3d: {
      JobId: manifest.jobId,
      Run: manifest.run,
      Version: manifest.software.version,
      Pack: `${manifest.pack.id} ${manifest.pack.version}`,
      Model: manifest.model,
      Device: manifest.device,
      Seed: manifest.options.seed,
      ...(manifest.options.frame === undefined ? {} : { Frame: manifest.options.frame }),
      Notice: manifest.notice,
    },
  };
}

/** Columns of the label table that BIDS does not define. */
const COLUMNS = {
  verdict: { Description: 'Whether the target was found', Levels: { present: 'found', absent: 'not found' } },
  voxels: { Description: 'Voxels with this label' },
  volume_ml: { Description: 'Volume of these voxels', Units: 'mL' },
  mean_probability: { Description: 'Mean of the model’s probability over these voxels' },
  existence: { Description: 'The model’s score that the target is there, 0 to 1' },
  recommended: {
    Description: 'Whether the model was evaluated for this target',
    Levels: { true: 'it was', false: 'it was not' },
  },
  suggestion: { Description: 'Where it was not: the name that was probably meant' },
};

/**
 * The label table: index and name, a colour where it is known, and what was found.
 * @param colours `#rrggbb` by label
 */
export function labelTable(findings: readonly Finding[], colours: ReadonlyMap<number, string>): string {
  const head = ['index', 'name', 'color', ...Object.keys(COLUMNS)];
  const rows = findings.map((finding) => [
    finding.label,
    // A tab or a line break would end the cell.
    finding.prompt.replace(/\s+/g, ' '),
    colours.get(finding.label),
    finding.verdict,
    finding.voxels,
    finding.volumeMl,
    finding.meanProbability,
    finding.existence,
    String(finding.recommended),
    finding.suggestion,
  ]);
  return [head, ...rows].map((row) => `${row.map((cell) => cell ?? 'n/a').join('\t')}\n`).join('');
}
