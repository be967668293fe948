import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { scratchFolder } from '@parse3d/testing';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { runCli } from './support/cli.js';

const data = process.env['PARSE3D_TEST_DATA'];
const why = data === undefined ? ' [skipped: PARSE3D_TEST_DATA is not set]' : '';

/** Numbered as MeshNet numbers them; its cerebellum is two labels, its brain all of them. */
const PROMPTS = `1\tcerebral white matter
2\tcerebral cortex
3\tlateral ventricle
5\tcerebellum
7\tthalamus
8\tcaudate
9\tputamen
13\tbrainstem
14\thippocampus
18\tbrain
`;
const LABELS = `1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18=brain
1=cerebral white matter
2=cerebral cortex
3=lateral ventricle
5,6=cerebellum
7=thalamus
8=caudate
9=putamen
13=brainstem
14=hippocampus
`;

const Answer = z.looseObject({
  cases: z.tuple([z.looseObject({ labels: z.array(z.looseObject({ dice: z.number() })) })]),
});

test.skipIf(data === undefined)(
  `the starter pack agrees with MeshNet on a real head it never saw${why}`,
  async () => {
    const folder = await scratchFolder('starter-agreement');
    await writeFile(join(folder.path, 'prompts.txt'), PROMPTS);
    await writeFile(join(folder.path, 'labels.txt'), LABELS);
    const options = { cwd: folder.path, env: { PARSE3D_DEFAULT_PACK: 'starter-brain-mr' } };
    const scan = join(data ?? '', 't1_brain/t1_crop.nii.gz');
    const segment = ['segment', scan, '--prompts', 'prompts.txt', '--out', 'found', '--no-preview'];
    expect(await runCli(segment, options)).toMatchObject({ code: 0 });
    const meshnet = join(data ?? '', '../golden/t1_crop_meshnet18_labels.nii.gz');
    const measured = await runCli(
      ['eval', meshnet, 'found/labels.nii.gz', '--labels', 'labels.txt', '--json'],
      options,
    );
    await folder.remove();
    const { cases } = Answer.parse(JSON.parse(measured.stdout));
    const [brain, ...nine] = cases[0].labels.map(({ dice }) => dice);
    expect(brain).toBeGreaterThanOrEqual(0.95);
    expect(nine).toHaveLength(9);
    expect(Math.min(...nine)).toBeGreaterThanOrEqual(0.72);
    expect(nine.reduce((sum, dice) => sum + dice, 0) / 9).toBeGreaterThanOrEqual(0.82);
  },
  240_000,
);
