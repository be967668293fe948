import type { SegmentResult } from '@parse3d/engine';
import { geometryToJson, type CompletedManifest, type JobRequest, type Pack } from '@parse3d/contract';
import { Problem } from '@parse3d/contract/problems';
import type { AttemptDeps } from './deps.js';
import { fetchVolume, type FetchedVolume } from './fetch-volume.js';
import type { ProgressReporter } from './progress.js';
import { dropScratch, makeScratch } from './scratch.js';
import { discardOutputs, uploadOutputs, verifyOutputs } from './store-outputs.js';

/**
 * One attempt at one job: fetch, compute in the child, upload, read back, commit. Writes nothing that another attempt
 * could see until the manifest, and cleans up after itself when it fails or loses that race.
 *
 * @param onComputed called when the computing process is done with it and what is left is storing
 * @returns false when another attempt had committed first
 */
export async function runAttempt(
  request: JobRequest,
  attemptId: string,
  progress: ProgressReporter,
  onComputed: () => void,
  deps: AttemptDeps,
  signal: AbortSignal,
): Promise<boolean> {
  const startedAt = new Date().toISOString();
  const pack = offeredPack(request, deps);
  const store = deps.stores.primary;
  const folder = await makeScratch(deps.config.PARSE3D_SCRATCH);
  /** True while no manifest refers to the uploads. Cleared before the commit; set again only if another attempt won. */
  let unclaimed = true;
  try {
    const onBytes = (bytes: number): void => progress.at('fetch', bytes, request.input.bytes);
    const { PARSE3D_MAX_VOLUME_BYTES: maxBytes } = deps.config;
    const volume = await fetchVolume(request, deps.stores, folder, maxBytes, onBytes, signal);
    progress.stageDone();
    const result = await compute(request, volume, folder, progress, deps, signal);
    onComputed();
    progress.at('upload', 0, result.outputs.length);
    const outputs = await uploadOutputs(
      request,
      attemptId,
      result.outputs,
      store,
      (count) => progress.at('upload', count, result.outputs.length),
      signal,
    );
    progress.at('commit', 0, 1);
    await verifyOutputs(outputs, result.geometry, store, signal);
    signal.throwIfAborted();
    // A commit that fails may have written its manifest all the same; whoever meets that manifest sweeps the rest.
    unclaimed = false;
    const won = await deps.jobs.complete(request, attemptId, {
      startedAt,
      input: { ...request.input, sha256: volume.sha256 },
      geometry: geometryToJson(result.geometry),
      model: describeModel(pack, result),
      device: result.device,
      findings: [...result.findings],
      preparation: [...result.preparation],
      warnings: [...result.warnings],
      timingsMs: { ...progress.durationsMs(), ...result.timingsMs },
      peakMemoryBytes: result.peakMemoryBytes,
      outputs,
    });
    unclaimed = !won;
    return won;
  } finally {
    await dropScratch(folder);
    if (unclaimed) {
      await discardOutputs(request, attemptId, store).catch((error: unknown) => {
        deps.log.warn({ err: error, jobId: request.jobId }, 'outputs of a lost attempt could not be removed');
      });
    }
  }
}

async function compute(
  request: JobRequest,
  volume: FetchedVolume,
  folder: string,
  progress: ProgressReporter,
  deps: AttemptDeps,
  signal: AbortSignal,
): Promise<SegmentResult> {
  const limitMs = deps.config.PARSE3D_JOB_DEADLINE;
  const askedMs = request.options.deadlineSeconds === undefined ? limitMs : request.options.deadlineSeconds * 1_000;
  return deps.children.segment({
    packId: request.pack.id,
    request: {
      inputPath: volume.path,
      outputFolder: folder,
      prompts: request.prompts,
      modality: request.modality,
      outputs: request.outputs,
      options: request.options,
      limits: { maxVoxels: deps.config.PARSE3D_MAX_VOXELS },
    },
    deadlineMs: Math.min(limitMs, askedMs),
    onProgress: ({ stage, done, total }) => progress.at(stage, done, total),
    signal,
  });
}

function describeModel(pack: Pack, result: SegmentResult): CompletedManifest['model'] {
  return {
    title: pack.title,
    licence: pack.licence.spdx,
    ...(pack.weights === undefined ? {} : { weights: pack.weights }),
    ...(pack.citation === undefined ? {} : { citation: pack.citation }),
    intendedUse: pack.intendedUse,
    demonstration: pack.demonstration,
    graphs: result.graphs,
  };
}

/**
 * The pack in the version that was accepted. Another worker may have it, or this one after its upgrade.
 *
 * @throws Problem `pack-unavailable`
 */
function offeredPack({ pack: wanted }: JobRequest, deps: AttemptDeps): Pack {
  const available = deps.packs().packs.find(({ id }) => id === wanted.id);
  if (available?.version === wanted.version) return available;
  throw new Problem(
    'pack-unavailable',
    `the job wants ${wanted.id} ${wanted.version}, this worker has ${available?.version ?? 'none'}`,
    { packId: wanted.id, wanted: wanted.version, available: available?.version ?? null },
  );
}
