import { execFileSync } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { densityPack } from './density-pack.js';
import { OutputOptions } from '@parse3d/contract';
import { Problem } from '@parse3d/contract/problems';
import { z } from 'zod';
import { describeWithDicomTools, runScript } from '../../test/support/dicom.js';
import { PYTHON } from '../../test/support/python.js';
import { segment } from '../src/segment.js';
import type { SegmentRequest } from '../src/types.js';
import { Bench, prompts } from './engines/support.js';

const PACKS = join(import.meta.dirname, '../../packs');
const bench = new Bench();

/** What becomes of an input: voxels of bone and lung and what is warned of, or how it is refused. */
interface Case {
  readonly input: string;
  /** Voxels of bone and of lung, or the code of the problem. */
  readonly expected: readonly [bone: number, lung: number] | string;
  /** What a warning or the problem says; nothing else is warned of. */
  readonly says?: RegExp;
  /** @default ct-tissue */
  readonly pack?: 'ct-tissue' | 'starter-brain-mr';
  readonly dicomSeg?: boolean;
}

const whole = [240, 240] as const;
const starter = 'starter-brain-mr';

const cases: readonly Case[] = [
  { input: 'good.nii.gz', expected: whole },
  { input: 'bitpix32.nii', expected: whole, says: /bitpix of the header is 32/ },
  { input: 'bitpix0.nii', expected: whole, says: /bitpix of the header is 0/ },
  { input: 'offset0.nii', expected: whole, says: /vox_offset of the header is 0/ },
  { input: 'trailing-plain.nii', expected: whole, says: /100 bytes after the voxels/ },
  { input: 'trailing-inside.nii.gz', expected: whole, says: /512 bytes after the voxels/ },
  { input: 'trailing-after.nii.gz', expected: whole, says: /11 bytes after the gzip stream/ },
  { input: 'zero-sform.nii', expected: whole, says: /sform .* left out/ },
  { input: 'zero-qform.nii', expected: whole, says: /qform .* left out/ },
  { input: 'long-quaternion.nii', expected: whole, says: /sform .* left out.*quaternion .* length 1\.0005/s },
  { input: 'pixdim0.nii', expected: whole },
  { input: 'no-frames.nii', expected: whole, says: /sizes below 1 after the third axis/ },
  { input: 'pair.img', expected: whole },
  { input: 'pair.hdr', expected: whole },
  { input: 'nan.nii.gz', expected: whole, says: /2560 voxels have no value/ },
  {
    input: 'says-metres.nii.gz',
    expected: 'volume-too-large',
    says: /112000×112000×93334.*says metres/,
    pack: starter,
  },
  { input: '35mm.nii.gz', expected: 'volume-too-large', says: /1120×1120×934/, pack: starter },
  { input: 'good', expected: whole },
  { input: 'no-preamble', expected: whole },
  { input: 'some-without-preamble', expected: whole },
  { input: 'links', expected: whole },
  { input: 'deep', expected: whole },
  { input: 'broken-link', expected: 'dicom-slices-missing', says: /1 links lead to nothing/ },
  { input: 'acquisition-says-more', expected: 'dicom-slices-missing', says: /17 of them, here are 16/ },
  { input: 'one-uid', expected: whole, says: /16 images or more share a SOPInstanceUID/ },
  { input: 'last-share-a-uid', expected: whole, says: /4 images or more share a SOPInstanceUID/ },
  { input: 'letters', expected: whole, says: /SOPInstanceUID holds letters/ },
  { input: 'long-uid', expected: whole, says: /SOPInstanceUID is longer than 64/ },
  { input: 'words', expected: whole, says: /SeriesInstanceUID holds letters/ },
  { input: 'words', expected: whole, says: /segmentation\.dcm was not written/, dicomSeg: true },
  { input: 'frame-an-image', expected: whole, says: /differ in FrameOfReferenceUID/ },
  { input: 'no-photometric', expected: whole, says: /16 images have no PhotometricInterpretation/ },
  { input: 'copies', expected: whole, says: /2 DICOM files are copies/ },
  { input: 'doubles', expected: 'volume-not-3d', says: /2 of 16 places/ },
  { input: 'one-slice', expected: [30, 0], says: /one slice, as thick as it says \(3 mm\)/ },
  // Air and lung are as bright as bone once their sign is gone.
  { input: 'pet-empty-slice', expected: [2850, 0] },
  { input: 'mr-3d', expected: [3040, 0] },
  { input: 'mosaic', expected: 'dicom-unsupported', says: /mosaic/ },
  { input: 'localizer', expected: 'dicom-no-images', says: /localizer/ },
];

describeWithDicomTools('inputs as people have them', () => {
  let folder: string;
  let table: Row[];
  const outputOf = (n: number): string => join(folder, `out-${n}`);
  beforeAll(async () => {
    folder = (await bench.folder()).path;
    execFileSync(PYTHON, [join(import.meta.dirname, '../../test/support/cases.py'), folder], { stdio: 'pipe' });
    table = [];
    for (const [n, one] of cases.entries()) {
      await mkdir(outputOf(n));
      table.push(await run(one, folder, outputOf(n)));
    }
  }, 120_000);
  afterAll(() => bench.close());

  test('are read as what they are, or refused with the reason', () => {
    const rows = table.map(({ input, expected, got }) => ({ input, expected, got: `${got.result} ${got.says}` }));
    const lines = rows.map(
      (row) => `${row.input.padEnd(40)} -> ${row.expected.padEnd(20)} -> ${row.got.slice(0, 110)}`,
    );
    process.stdout.write(`${lines.join('\n')}\n`);
    for (const { input, expected, got, says } of table) {
      expect({ input, result: got.result }).toEqual({ input, result: expected });
      if (says === undefined) expect({ input, says: got.says }).toEqual({ input, says: '' });
      else expect(got.says, input).toMatch(says);
    }
  });

  test('series are the volumes of dcm2niix, a 3D one of MR with its axes in the order of the images', () => {
    const compared = ['mr-3d', 'good', 'no-preamble', 'some-without-preamble', 'one-uid', 'words', 'pet-empty-slice'];
    const found = runScript('compare_dcm2niix.py', {
      work: join(folder, 'theirs'),
      inWorld: true,
      cases: compared.map((name) => ({
        series: join(folder, name),
        ours: join(outputOf(cases.findIndex(({ input }) => input === name)), 'volume.nii.gz'),
      })),
    });
    const Compared = z.array(z.looseObject({ affine: z.number() }));
    for (const [n, one] of Compared.parse(found).entries()) {
      expect({ name: compared[n], ...one }).toMatchObject({ name: compared[n], sameShape: true, voxels: 0 });
      expect(one.affine, compared[n]).toBeLessThan(1e-4);
    }
  });
});

interface Row {
  readonly input: string;
  readonly expected: string;
  readonly says: RegExp | undefined;
  readonly got: { readonly result: string; readonly says: string };
}

async function run(
  { input, expected, says, pack = 'ct-tissue', dicomSeg = false }: Case,
  root: string,
  outputFolder: string,
): Promise<Row> {
  const isBrain = pack === 'starter-brain-mr';
  const request: SegmentRequest = {
    inputPath: join(root, input),
    outputFolder,
    prompts: isBrain ? prompts('thalamus') : prompts('bone', 'lung'),
    modality: isBrain ? 'mr' : 'ct',
    options: { seed: 0 },
    outputs: OutputOptions.parse({ preview: false, volume: true, dicomSeg }),
    limits: { maxVoxels: 2 ** 30 },
  };
  const engine = await bench.open(isBrain ? join(PACKS, pack) : await densityPack(bench));
  const got = await segment(request, engine, () => undefined, new AbortController().signal).then(
    ({ findings, warnings }) => ({ result: told(findings.map(({ voxels }) => voxels)), says: warnings.join(' ') }),
    (error: unknown) => {
      const { code, message } = Problem.from(error);
      return { result: code, says: message };
    },
  );
  const row = `${input}${pack === 'ct-tissue' ? '' : ` (${pack})`}${dicomSeg ? ' (SEG)' : ''}`;
  return { input: row, expected: typeof expected === 'string' ? expected : told(expected), says, got };
}

const told = (voxels: readonly number[]): string => voxels.join(' + ');
