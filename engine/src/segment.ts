import type { Finding, OutputOptions } from '@parse3d/contract';
import { readVolume } from '@parse3d/volume/formats';
import { assertModelGrid } from '@parse3d/volume/geometry';
import type { LoadedPack, Engine, OnProgress, SegmentRequest, SegmentResult } from './types.js';
import { throwIfCanceled } from './engines/cancel.js';
import { hiddenLabelWarnings } from './hidden-labels.js';
import { writeInstances, type WrittenInstances } from './instances/index.js';
import { measureFindings } from './measure-findings.js';
import { peakMemoryBytes, resetPeakMemory } from './peak-memory.js';
import { stageClock } from './stage-clock.js';
import { writeOutputs, type Outputs } from './outputs/index.js';
import { assertModality, readingWarnings } from './reading.js';

/**
 * Segments one volume: reads it, lets the engine find the prompts, and writes the outputs into `outputFolder`, all on the
 * input's own grid.
 * @throws Problem of the volume (`nifti-…`, `dicom-…`, `volume-…`), of the request (`prompt-unknown`, `modality-unsupported`), of the
 * run (`inference-failed`, `memory-cap`), or `canceled`
 */
export async function segment(
  request: SegmentRequest,
  engine: Engine,
  onProgress: OnProgress,
  signal: AbortSignal,
): Promise<SegmentResult> {
  assertModality(engine.pack, request.modality);
  resetPeakMemory();
  const clock = stageClock(onProgress);

  clock.report({ stage: 'read', done: 0, total: 1 });
  const { volume, tilt, spacing, frame } = request.options;
  const { maxVoxels } = request.limits;
  const image = await readVolume(request.inputPath, { maxVoxels, volume, tilt, spacing, frame });
  assertModelGrid(image.geometry, engine.pack.pack, {
    maxVoxels: request.limits.maxVoxels,
    xyztUnits: image.header.space.xyztUnits,
  });
  throwIfCanceled(signal);

  const measures = request.outputs.findings ?? true;
  const wanted = {
    wantProbabilities: request.outputs.probabilities !== 'none',
    // Masks that others hide in the label map are measured one by one.
    wantMasks: wantsMasks(request.outputs) || (measures && request.prompts.length > 1),
    scratchFolder: request.outputFolder,
  };
  const found = await engine.infer(image, { ...request, ...wanted }, clock.report, signal);

  let findings: readonly Finding[];
  let instances: WrittenInstances;
  let outputs: Outputs;
  try {
    findings = measures ? measureFindings(found, image, request.modality, signal) : found.findings;
    clock.report({ stage: 'encode', done: 0, total: 1 });
    instances = await writeInstances(found, findings, image, request, engine.pack.pack, signal);
    findings = instances.findings;
    outputs = await writeOutputs({ ...found, findings }, image, request, engine.pack, signal, instances.objects);
  } finally {
    await found.close?.();
  }

  return {
    geometry: image.geometry,
    findings,
    preparation: found.preparation,
    warnings: [
      ...readingWarnings(image),
      ...found.warnings,
      ...hiddenLabelWarnings(found.hidden, request.outputs),
      ...instances.warnings,
      ...outputs.warnings,
    ],
    timingsMs: clock.stop(),
    outputs: [...outputs.files, ...instances.files],
    device: engine.device,
    graphs: graphChecksums(engine.pack),
    peakMemoryBytes: peakMemoryBytes(),
  };
}

/** What is written of each prompt by itself. */
const wantsMasks = ({ masks, dicomSeg, rtstruct, meshes }: OutputOptions): boolean =>
  masks || dicomSeg === true || rtstruct === true || meshes === true;

function graphChecksums({ pack }: LoadedPack): Record<string, string> {
  const { model } = pack;
  const graphs =
    'graph' in model ? [model.graph, ...(model.folds ?? [])] : [model.textEncoder, model.imageEncoder, model.decoder];
  return Object.fromEntries(graphs.map((name) => [name, pack.files[name]?.sha256 ?? '']));
}
