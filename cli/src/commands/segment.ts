import { stat, writeFile } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { openEngine, segment, type LoadedPack, type SegmentRequest, type SegmentResult } from '@parse3d/engine';
import { software } from '@parse3d/contract/software';
import { geometryToJson, Modality, RESEARCH_NOTICE } from '@parse3d/contract';
import { DEFAULT_PACK, matchPrompts, remarksOn, standingsOf } from '@parse3d/contract/packs';
import { Problem } from '@parse3d/contract/problems';
import { Command } from 'commander';
import { z } from 'zod';
import { JobOptionFlags, jobOptionsOf, withJobOptions } from '../options/job.js';
import { sizeAndHash } from '../local/size-and-hash.js';
import { openOutputFolder } from '../local/output-folder.js';
import { openPack } from '../local/open-pack.js';
import { requireInstances } from '../options/instances.js';
import { OutputFlags, outputsOf, withOutputs } from '../options/outputs.js';
import { PromptOptions, promptsOfFile, readPrompts, withPrompts } from '../options/prompts.js';
import { findingsTable, MEASURES_HINT, notice } from '../terminal/findings.js';
import { formatBytes, formatSeconds } from '../terminal/format.js';
import { progressBoard } from '../terminal/progress.js';
import { warn } from '../terminal/remarks.js';
import { stageProgress } from '../terminal/stages.js';
import type { Output } from '../terminal/output.js';
import { wholeNumber } from '../options/values.js';
import { action, examples } from './define.js';

const MAX_VOXELS = 2 ** 31;

const Options = PromptOptions.extend({
  ...JobOptionFlags.shape,
  ...OutputFlags.shape,
  pack: z.string().optional(),
  packs: z.string().optional(),
  out: z.string(),
  modality: Modality.optional(),
  threads: wholeNumber(1, 1024).optional(),
  device: z.string().regex(/^(cpu|cuda:\d{1,2})$/, 'expected cpu or cuda:<index>'),
  overwrite: z.boolean().default(false),
});
type Options = z.infer<typeof Options>;

export function segmentCommand(): Command {
  const command = new Command('segment')
    .description('Segments one volume here: no service, no Redis, nothing leaves this machine.')
    .argument(
      '<volume>',
      'NIfTI (.nii, .nii.gz), a DICOM series (its folder, or a zip of it), or an .npz of the challenge',
    )
    .option('--pack <id>', `pack, by id or by path (PARSE3D_DEFAULT_PACK, else ${DEFAULT_PACK})`)
    .option('--packs <folders>', 'where packs lie, comma-separated (PARSE3D_PACKS, else those of parse3d)')
    .requiredOption('--out <folder>', 'receives the label map, the preview and result.json')
    .option('--modality <name>', `${Modality.options.join(', ')} (else the pack’s first)`)
    .option('--threads <count>', 'CPU threads (else all cores)')
    .option('--device <device>', 'cpu, or cuda:<index>', 'cpu')
    .option('--overwrite', 'replace files that lie in the folder')
    .action(action(Options, ({ args, options, output }) => run(args[0] ?? '', options, output)));
  withPrompts(command);
  withJobOptions(command);
  withOutputs(command);
  return examples(
    command,
    [
      'Bones and lungs of a CT, with the pack that comes along',
      'parse3d segment ct.nii.gz --pack ct-tissue --prompt bone --prompt lung --out found',
    ],
    [
      'Another pack, masks and probabilities too',
      'parse3d segment t1.nii.gz --pack ./my-pack --prompts targets.txt --masks --probabilities uint8 --out found',
    ],
    [
      'A DICOM series, and the result for a PACS and for 3D Slicer',
      'parse3d segment series/ --pack ct-tissue --prompt bone --dicom-seg --seg-nrrd --out found',
    ],
    [
      'Every nucleus of a light-sheet volume by itself, from 20 voxels on',
      'parse3d segment block.nii.gz --pack ./my-pack --modality lightsheet --prompt nuclei --instances --min-voxels 20 --out found',
    ],
    [
      'The volume of the first target in millilitres',
      "parse3d segment ct.nii.gz --pack ct-tissue --prompt bone --out found --json | jq '.findings[0].volumeMl'",
    ],
  );
}

async function run(volume: string, options: Options, output: Output): Promise<void> {
  const inputPath = resolve(volume);
  const prompts = await readPrompts(options, () => promptsOfFile(inputPath));
  if (options.dicomSegInstances) requireInstances(prompts);
  await requireVolume(inputPath, volume);
  const loaded = await openPack(options.pack ?? process.env['PARSE3D_DEFAULT_PACK'] ?? DEFAULT_PACK, options.packs);
  // Refused before the volume is read.
  matchPrompts(loaded.pack, prompts);
  const modality = options.modality ?? loaded.pack.modalities[0] ?? 'ct';
  warn(remarksOn(standingsOf(loaded.pack, prompts, modality), loaded.pack), output);
  const folder = await openOutputFolder(options.out, options.overwrite);
  const startedAt = new Date();
  try {
    const request: SegmentRequest = {
      inputPath,
      outputFolder: folder.partial,
      prompts,
      modality,
      outputs: outputsOf(options),
      options: jobOptionsOf(options),
      limits: { maxVoxels: MAX_VOXELS },
    };
    const result = await compute(request, loaded, options, output);
    const record = await describe(request, result, loaded, startedAt);
    await writeFile(join(folder.partial, 'result.json'), `${JSON.stringify(record, null, 2)}\n`);
    await folder.publish();
    output.document({ ...record, folder: folder.path });
    tell(result, loaded, folder.path, startedAt, output);
  } finally {
    await folder.discard();
  }
}

/** No handler for Ctrl-C: inference blocks this process, and the system's own way ends it at once. */
async function compute(
  request: SegmentRequest,
  loaded: LoadedPack,
  options: Options,
  output: Output,
): Promise<SegmentResult> {
  const board = progressBoard(output);
  const line = stageProgress(board.line(loaded.pack.id));
  try {
    const engine = await openEngine(loaded, { device: options.device, threads: options.threads });
    try {
      const result = await segment(request, engine, (progress) => line.at(progress), new AbortController().signal);
      line.end('done');
      return result;
    } finally {
      await engine.close();
    }
  } finally {
    board.close();
  }
}

/** What a manifest says of a job, of this run: `result.json`. */
async function describe(request: SegmentRequest, result: SegmentResult, { pack }: LoadedPack, startedAt: Date) {
  const { prompts, modality, outputs, options, inputPath } = request;
  return {
    schemaVersion: 1,
    status: 'completed',
    startedAt: startedAt.toISOString(),
    finishedAt: new Date().toISOString(),
    input: { path: inputPath, ...(await sizeAndHash(inputPath)) },
    prompts,
    pack: { id: pack.id, version: pack.version },
    modality,
    outputOptions: outputs,
    options,
    geometry: geometryToJson(result.geometry),
    model: {
      title: pack.title,
      licence: pack.licence.spdx,
      ...(pack.weights === undefined ? {} : { weights: pack.weights }),
      ...(pack.citation === undefined ? {} : { citation: pack.citation }),
      intendedUse: pack.intendedUse,
      demonstration: pack.demonstration,
      graphs: result.graphs,
    },
    device: result.device,
    findings: result.findings,
    preparation: result.preparation,
    warnings: result.warnings,
    timingsMs: result.timingsMs,
    peakMemoryBytes: result.peakMemoryBytes,
    outputs: result.outputs.map(({ name, bytes, sha256, contentType }) => ({ name, bytes, sha256, contentType })),
    software: software(process.env),
    notice: RESEARCH_NOTICE,
  };
}

function tell(result: SegmentResult, { pack }: LoadedPack, folder: string, startedAt: Date, output: Output): void {
  const { dim, yellow, bold } = output.colours;
  output.say(findingsTable(result.findings, output));
  output.say();
  for (const warning of result.warnings) output.say(`${yellow('warning:')} ${warning}`);
  const shown = relative(process.cwd(), folder) || '.';
  if (result.outputs.some(({ name }) => name === 'findings.csv')) output.say(dim(MEASURES_HINT));
  output.say(bold(`${shown}/`));
  for (const { name, bytes } of result.outputs) output.say(`  ${name.padEnd(24)} ${dim(formatBytes(bytes))}`);
  output.say(`  result.json`);
  const seconds = formatSeconds((Date.now() - startedAt.getTime()) / 1000);
  output.say(
    dim(
      `${pack.id} ${pack.version} on ${result.device}, ${seconds}, at most ${formatBytes(result.peakMemoryBytes)} of memory`,
    ),
  );
  notice(output, pack.demonstration);
}

async function requireVolume(path: string, shown: string): Promise<void> {
  const info = await stat(path).catch(() => undefined);
  if (info?.isFile() === true || info?.isDirectory() === true) return;
  throw new Problem('not-found', `there is no file ${shown}`, { path });
}
