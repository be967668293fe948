import { findingsCsv, type OutputOptions } from '@parse3d/contract';
import type { VolumeImage } from '@parse3d/volume/formats';
import { Problem } from '@parse3d/contract/problems';
import type { SplitObjects } from '@parse3d/volume/geometry';
import { throwIfCanceled } from '../engines/cancel.js';
import { renderPreview } from '../preview/index.js';
import type { Found, LoadedPack, LocalOutput, SegmentRequest } from '../types.js';
import { coloursOf } from './colours.js';
import { segmentsOf } from './dicom-seg/segments.js';
import { dicomSegFile, rtstructFile, segNrrdFile, type Attempt } from './exchange.js';
import { writeBytes, writeVolume } from './files.js';
import { labelsJson, labelsTxt, type LabelName } from './label-names.js';
import { meshFiles } from './meshes/index.js';
import { labelsNpz, numbersObjects } from './npz.js';
import { volumeFile } from './volume.js';

export interface Outputs {
  readonly files: readonly LocalOutput[];
  /** What could not be written, though the result is whole without it. */
  readonly warnings: readonly string[];
}

/** Writes what was asked for, one file after another, so that one volume is encoded at a time. */
export async function writeOutputs(
  found: Found,
  image: VolumeImage,
  request: Pick<SegmentRequest, 'prompts' | 'outputs' | 'outputFolder' | 'modality'>,
  { pack }: LoadedPack,
  signal: AbortSignal,
  objects: ReadonlyMap<number, SplitObjects> = new Map(),
): Promise<Outputs> {
  const { outputs: wanted, outputFolder: folder } = request;
  const colours = coloursOf(found.findings, pack);
  const names = found.findings.map(({ label, prompt }, n): LabelName => ({
    id: label,
    prompt,
    colour: colours[n] ?? '#ffffff',
  }));
  const files: LocalOutput[] = [];
  for (const write of [
    ...(wanted.labels ? labelFiles(found, image, names, folder) : []),
    ...((wanted.findings ?? true) ? [findingsFile(found, folder)] : []),
    ...(wanted.volume === true ? [volumeFile(image, folder)] : []),
    ...(wanted.npz && !numbersObjects(request.prompts)
      ? [() => labelsNpz(folder, found.labels.data, found.labels.geometry)]
      : []),
    ...(wanted.masks ? maskFiles(found, image, names, folder) : []),
    ...probabilityFiles(found, image, names, folder, wanted.probabilities),
    ...(wanted.preview ? [previewFile(found, image, names, request)] : []),
  ]) {
    throwIfCanceled(signal);
    files.push(await write());
  }
  const warnings: string[] = [];
  const segments = segmentsOf(found, names, pack, objects);
  if (wanted.dicomSeg === true && image.dicom !== undefined && segments.warning !== undefined) {
    warnings.push(segments.warning);
  }
  for (const attempt of [
    ...(wanted.segNrrd === true ? [segNrrdFile(found, names, pack, folder)] : []),
    ...(wanted.dicomSeg === true ? [dicomSegFile(segments, image, pack, folder)] : []),
    ...(wanted.rtstruct === true ? [rtstructFile(segmentsOf(found, names, pack, new Map()), image, pack, folder)] : []),
  ] satisfies Attempt[]) {
    throwIfCanceled(signal);
    const result = await attempt();
    if ('warning' in result) warnings.push(result.warning);
    else files.push(result);
  }
  if (wanted.meshes === true) {
    const meshes = await meshFiles(found, names, folder, signal);
    files.push(...meshes.files);
    warnings.push(...meshes.warnings);
  }
  return { files, warnings };
}

type Write = () => Promise<LocalOutput>;

function labelFiles(found: Found, image: VolumeImage, names: readonly LabelName[], folder: string): Write[] {
  const { data } = found.labels;
  const datatype = data instanceof Uint8Array ? 'uint8' : 'uint16';
  const calMax = Math.max(...names.map(({ id }) => id));
  return [
    () => writeVolume(folder, 'labels.nii.gz', data, image, { datatype, intent: 'label', calMax }),
    () => writeBytes(folder, 'labels.json', labelsJson(names), 'application/json'),
    () => writeBytes(folder, 'labels.txt', labelsTxt(names), 'text/plain; charset=utf-8'),
  ];
}

function findingsFile({ findings }: Found, folder: string): Write {
  return () => writeBytes(folder, 'findings.csv', findingsCsv(findings), 'text/csv; charset=utf-8');
}

function maskFiles(found: Found, image: VolumeImage, names: readonly LabelName[], folder: string): Write[] {
  return names.map(
    ({ id }, prompt) =>
      () =>
        writeVolume(folder, `mask-${id}.nii.gz`, found.maskPieces?.(prompt) ?? found.mask(prompt), image, {
          datatype: 'uint8',
          intent: 'label',
          calMax: 1,
        }),
  );
}

function probabilityFiles(
  found: Found,
  image: VolumeImage,
  names: readonly LabelName[],
  folder: string,
  kind: OutputOptions['probabilities'],
): Write[] {
  if (kind === 'none') return [];
  const scaling = kind === 'uint8' ? { scaling: { slope: 1 / 255, intercept: 0 } } : {};
  const form = { datatype: kind, intent: 'estimate', calMax: 1, ...scaling } as const;
  return names.map(({ id }, prompt) => () => {
    const map = found.probabilityPieces?.(prompt) ?? found.probabilities?.(prompt);
    if (map === undefined) throw new Problem('internal', 'the engine was asked for probabilities and gave none');
    return writeVolume(folder, `prob-${id}.nii.gz`, map, image, form);
  });
}

function previewFile(
  found: Found,
  image: VolumeImage,
  names: readonly LabelName[],
  { modality, outputFolder }: Pick<SegmentRequest, 'outputFolder' | 'modality'>,
): Write {
  return () => {
    const legend = found.findings.map(({ label, prompt, volumeMl, verdict, recommended, instances }, n) => ({
      label,
      prompt,
      colour: names[n]?.colour ?? '#ffffff',
      volumeMl: verdict === 'present' ? volumeMl : undefined,
      recommended,
      objects: instances?.count,
    }));
    return writeBytes(
      outputFolder,
      'preview.png',
      renderPreview({ image, labels: found.labels, legend, modality }),
      'image/png',
    );
  };
}
