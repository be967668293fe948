import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { readPromptsOfVolume } from '@parse3d/volume/formats';
import { scratchFolder, type ScratchFolder } from '@parse3d/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { readTestNpz } from '../engine/test/promptable-slices/npz.js';
import { runPipeline, type PipelineFigures } from './run-pipeline.js';
import { heading, row } from './support.js';

// The whole of BiomedParse v2's pipeline on a CT with 15 prompts: the published Python code and parse3d in turns, with the
// same weights, noise, volume and threads. Weights are random; what is compared does not depend on them.
// PARSE3D_BENCH_REPO: a checkout of BiomedParse v2.
// PARSE3D_BENCH_PACK: what tools/export_biomedparse/export.py --random-weights --width <width> wrote.
// PARSE3D_BENCH_WIDTH: small (all slices) or full (8 slices).
const repo = process.env['PARSE3D_BENCH_REPO'];
const pack = process.env['PARSE3D_BENCH_PACK'];
const data = process.env['PARSE3D_TEST_DATA'];
const width = process.env['PARSE3D_BENCH_WIDTH'] ?? 'small';
const threads = Number(process.env['PARSE3D_BENCH_THREADS'] ?? 2);
const rounds = Number(process.env['PARSE3D_BENCH_ROUNDS'] ?? 2);
const slices = process.env['PARSE3D_BENCH_SLICES'] ?? (width === 'full' ? '24:32' : ':');
const python = process.env['PARSE3D_BENCH_PYTHON'] ?? '/usr/bin/python3';
const tools = join(import.meta.dirname, '../tools/export_biomedparse');
const run = promisify(execFile);

const CUT = `
import sys, numpy as np
sys.path.insert(0, sys.argv[4])
import infer
imgs, prompts, labels = infer.read_challenge_case(sys.argv[1])
first, _, last = sys.argv[2].partition(":")
case = np.load(sys.argv[1], allow_pickle=True)
np.savez_compressed(sys.argv[3], imgs=imgs[int(first or 0) : int(last) if last else None], spacing=case["spacing"],
  text_prompts={str(label): text for label, text in zip(labels, prompts)})
`;

const Theirs = z.object({
  prepareSeconds: z.number(),
  networkSeconds: z.number(),
  finishSeconds: z.number(),
  restoreSeconds: z.number(),
  peakMiB: z.number(),
});
type Figures = Omit<PipelineFigures, 'readSeconds'>;

let folder: ScratchFolder;
beforeAll(async () => {
  folder = await scratchFolder('bench-pipeline');
});
afterAll(() => folder.remove());
const at = (name: string): string => join(folder.path, name);

// Told to keep to the same number of threads; one BLAS setting of some machines makes numpy and torch slow.
const env: NodeJS.ProcessEnv = {
  ...process.env,
  OMP_NUM_THREADS: String(threads),
  OPENBLAS_NUM_THREADS: String(threads),
};
delete env['OPENBLAS_CORETYPE'];

async function theirs(): Promise<Figures> {
  const bpe = join(data ?? '', 'clip/bpe_simple_vocab_16e6.txt.gz');
  await run(
    python,
    [
      ...[join(tools, 'infer.py'), '--repo', repo ?? '', '--bpe', bpe, '--random-weights', '--width', width],
      ...['--volume', at('case.npz'), '--slice-batch', '4', '--at-once', '--threads', String(threads)],
      ...['--timings', at('timings.json'), '--out', at('reference.npz')],
    ],
    { env, cwd: tools },
  );
  const found = Theirs.parse(JSON.parse(await readFile(at('timings.json'), 'utf8')));
  const otherSeconds = found.prepareSeconds + found.finishSeconds + found.restoreSeconds;
  return { networkSeconds: found.networkSeconds, otherSeconds, peakMiB: found.peakMiB };
}

async function ours(count: number, on: { threads?: number; slicesPerPass?: number } = {}): Promise<Figures> {
  const prompts = (await readPromptsOfVolume(at('case.npz'))).slice(0, count);
  const given = { pack: pack ?? '', volume: at('case.npz'), modality: 'ct', labels: at('labels.raw') } as const;
  return runPipeline({ threads, ...given, prompts, ...on }, env);
}

const least = (runs: readonly Figures[], name: keyof Figures): number => Math.min(...runs.map((each) => each[name]));

test.skipIf(repo === undefined || pack === undefined || data === undefined)(
  'against the published Python code (PARSE3D_BENCH_REPO, PARSE3D_BENCH_PACK and PARSE3D_TEST_DATA say with what)',
  async () => {
    await run(python, ['-c', CUT, join(data ?? '', 'ct_amos/image.npz'), slices, at('case.npz'), tools], { env });
    const python_: Figures[] = [];
    const parse3d: Figures[] = [];
    for (let round = 0; round < rounds; round++) {
      python_.push(await theirs());
      parse3d.push(await ours(15));
    }
    const expected = (await readTestNpz(at('reference.npz'), ['restored'])).get('restored')?.data ?? [];
    const labels = await readFile(at('labels.raw'));
    const differing = labels.reduce((count, label, n) => count + (label === expected[n] ? 0 : 1), 0);

    row(heading('pipeline'), '');
    row(
      `BiomedParse v2, ${width} width, slices ${slices}, 15 prompts`,
      `${threads} threads, least of ${rounds} rounds`,
    );
    const figures = [
      ['network', 'networkSeconds', 's', 2],
      ['everything but the network', 'otherSeconds', 's', 2],
      ['peak memory', 'peakMiB', 'MiB', 0],
    ] as const;
    for (const [what, name, unit, digits] of figures) {
      const [a, b] = [least(python_, name), least(parse3d, name)];
      row(what, `${b.toFixed(digits)} against ${a.toFixed(digits)} ${unit}: ${(b / a).toFixed(2)}`);
    }
    const single = await ours(1);
    const ratio = least(parse3d, 'peakMiB') / single.peakMiB;
    row('peak memory with 15 prompts, against 1', `${single.peakMiB.toFixed(0)} MiB with one: ${ratio.toFixed(2)}`);
    row('voxels of the label map that differ', `${differing} of ${labels.length}`);
    expect(labels.length).toBe(expected.length);
    expect(differing / labels.length).toBeLessThan(1e-3);
  },
);

test.skipIf(pack === undefined || data === undefined)(
  'batches of one slice and of four, with one thread and two, give one label map',
  async () => {
    await run(python, ['-c', CUT, join(data ?? '', 'ct_amos/image.npz'), slices, at('case.npz'), tools], { env });
    let first: Buffer | undefined;
    for (const on of [
      { threads: 1, slicesPerPass: 1 },
      { threads: 2, slicesPerPass: 1 },
      { threads: 1, slicesPerPass: 4 },
      { threads: 2, slicesPerPass: 4 },
    ]) {
      const { networkSeconds } = await ours(15, on);
      const labels = await readFile(at('labels.raw'));
      first ??= labels;
      const against = first;
      const differing = labels.reduce((count, label, n) => count + (label === against[n] ? 0 : 1), 0);
      const what = `${on.threads} threads, batches of ${on.slicesPerPass}: voxels that differ from the first`;
      row(what, `${differing} of ${labels.length}, network ${networkSeconds.toFixed(1)} s`);
      // The order in which the runtime adds depends on the number of threads.
      expect(differing / labels.length).toBeLessThanOrEqual(1e-5);
    }
  },
);
