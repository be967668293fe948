import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { readNpz, readVolume, writeLabelsNpz } from '../../src/formats/index.js';
import { withFile } from '../../src/formats/npz/access.js';
import { parsePrompts } from '../../src/formats/npz/prompts.js';
import { readNpzHeader } from '../../src/formats/npz/read.js';
import { orientationOf } from '../../src/geometry/index.js';
import { describeWithNibabel, PYTHON, runPython } from './python.js';
import { temporaryFolder } from './temporary.js';

const folder = temporaryFolder();
const data = process.env['PARSE3D_TEST_DATA'];

describeWithNibabel('.npz files as numpy writes them', () => {
  const script = fileURLToPath(new URL('npz-variants.py', import.meta.url));
  const made = execFileSync(PYTHON, [script, JSON.stringify({ folder })], { encoding: 'utf8' });
  const variants = z
    .array(z.object({ path: z.string(), name: z.string(), shape: z.array(z.number()), values: z.array(z.number()) }))
    .parse(JSON.parse(made));

  test.each(variants)('$name: every voxel in its place', async ({ path, shape, values }) => {
    const image = await readNpz(path);
    const [nz, ny, nx] = shape;
    expect(image.geometry.shape).toEqual([nx, ny, nz]);
    expect(Array.from(image.data)).toEqual(values);
    expect(image.nonFiniteVoxels).toBe(0);
    const { header } = await withFile(path, (file) => readNpzHeader(file));
    expect(header).toEqual(image.header);
    expect((await readVolume(path)).data).toEqual(image.data);
  });

  test('spacing is x, y, z; the axes grow to the left, the back and the head', async () => {
    const { geometry, header } = await readNpz(join(folder, 'type-i2-little.npz'));
    expect(geometry.spacingMm).toEqual([0.5, 0.75, 2.5]);
    expect(orientationOf(geometry.affine)).toBe('LPS');
    expect(header.affineSource).toBe('assumed');
  });

  test('prompts come by rising number, and tell kinds from single objects', async () => {
    const kinds = await readNpz(join(folder, 'type-f4-little.npz'));
    expect(kinds.prompts).toEqual([
      { label: 1, text: 'CT imaging of the spleen' },
      { label: 2, text: 'right kidney' },
    ]);
    expect(kinds.instanceLabel).toBe(0);
    expect((await readNpz(join(folder, 'instances.npz'))).instanceLabel).toBe(1);
    expect(await readNpz(join(folder, 'plain.npz'))).toMatchObject({ prompts: [], instanceLabel: undefined });
  });

  test.each([2, 3, 4, 5])('the same prompts in pickle protocol %i', (protocol) => {
    const { prompts } = parsePrompts(readFileSync(join(folder, `pickle-${protocol}.bin`)));
    expect(prompts.map(({ text }) => text)).toEqual(['CT imaging of the spleen', 'right kidney']);
  });

  test.each([
    [new Uint8Array(60).map((_, n) => n % 5), 'uint8'],
    [new Uint16Array(60).map((_, n) => n * 1000), 'uint16'],
    [new Uint32Array(60).map((_, n) => n * 100_000), 'uint32'],
  ])('label maps are written as numpy reads them (%#)', async (labels, dtype) => {
    const path = join(folder, `labels-${dtype}.npz`);
    const written = await writeLabelsNpz(path, { data: labels, shape: [5, 4, 3], spacingMm: [0.5, 0.75, 2.5] });
    expect(written.bytes).toBe(readFileSync(path).length);
    const seen = runPython(
      'import json,sys,numpy\nf=numpy.load(json.loads(sys.argv[1]))\n' +
        'print(json.dumps([f.files, str(f["segs"].dtype), f["segs"].shape, f["segs"].ravel().tolist(), f["spacing"].tolist()]))',
      path,
    );
    expect(seen).toEqual([['segs', 'spacing'], dtype, [3, 4, 5], Array.from(labels), [0.5, 0.75, 2.5]]);
    const back = await readNpz(path, { arrays: ['segs'] });
    expect(back.data).toEqual(labels);
    const again = await writeLabelsNpz(join(folder, 'again.npz'), {
      data: labels,
      shape: [5, 4, 3],
      spacingMm: [0.5, 0.75, 2.5],
    });
    expect(again.sha256).toBe(written.sha256);
  });

  describe.skipIf(data === undefined)(
    `published files${data === undefined ? ' [skipped: no PARSE3D_TEST_DATA]' : ''}`,
    () => {
      test.each([
        ['ct_amos', [512, 512, 63], [0.846, 0.846, 5], 15],
        ['us_cardiac', [669, 551, 19], [0.308, 0.308, 1], 3],
      ] as const)('%s is read as numpy reads it', async (name, shape, spacing, count) => {
        const path = join(data ?? '', name, 'image.npz');
        const image = await readNpz(path);
        expect(image.geometry.shape).toEqual(shape);
        image.geometry.spacingMm.forEach((mm, axis) => expect(mm).toBeCloseTo(spacing[axis] ?? 0, 6));
        expect(image.prompts).toHaveLength(count);
        expect(image.instanceLabel).toBe(0);
        const raw = join(folder, `${name}.raw`);
        writeFileSync(raw, Buffer.from(image.data.buffer, image.data.byteOffset, image.data.byteLength));
        const same = runPython(
          'import json,sys,numpy\na,b=json.loads(sys.argv[1])\nx=numpy.load(a)["imgs"]\n' +
            'print(json.dumps(bool((numpy.fromfile(b,dtype=x.dtype)==x.ravel()).all())))',
          [path, raw],
        );
        expect(same).toBe(true);
        const labels = await readNpz(join(data ?? '', name, 'labels.npz'), { arrays: ['segs', 'gts'] });
        expect(labels.geometry).toEqual(image.geometry);
      });
    },
  );
});
