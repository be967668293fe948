import { appendFile, cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { assertNothingLeaks, scratchFolder, type ScratchFolder } from '@parse3d/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runCli } from './support/cli.js';

const CT_TISSUE = fileURLToPath(new URL('../../packs/ct-tissue', import.meta.url));
const DATA = process.env['PARSE3D_TEST_DATA'];

let folder: ScratchFolder;
beforeAll(async () => {
  folder = await scratchFolder('cli-pack');
});
afterAll(async () => {
  await folder.remove();
  await assertNothingLeaks();
});

test('packs are listed from wherever the command is run, and unusable ones are told', async () => {
  const packs = join(folder.path, 'packs');
  await cp(CT_TISSUE, join(packs, 'good'), { recursive: true });
  await cp(join(CT_TISSUE, 'README.md'), join(packs, 'bad', 'pack.json'));
  const [own, other] = await Promise.all([
    runCli(['pack', 'list'], { cwd: folder.path }),
    runCli(['pack', 'list', '--packs', packs, '--json']),
  ]);
  expect(own.code).toBe(0);
  expect(own.stdout).toMatch(/^ct-tissue\s+\d/m);
  expect(JSON.parse(other.stdout)).toMatchObject({
    packs: [{ id: 'ct-tissue', folder: join(packs, 'good') }],
    rejected: [{ folder: join(packs, 'bad'), problem: { code: 'pack-invalid' } }],
  });
});

test('a pack is inspected by id and by path', async () => {
  const [byId, byPath] = await Promise.all([
    runCli(['pack', 'inspect', 'ct-tissue', '--json']),
    runCli(['pack', 'inspect', '.'], { cwd: CT_TISSUE }),
  ]);
  expect(JSON.parse(byId.stdout)).toMatchObject({ id: 'ct-tissue', folder: CT_TISSUE, kind: 'label-map' });
  expect(byPath.code).toBe(0);
  expect(byPath.stdout).toMatch(/^bone\s+skeleton/m);
});

test('a pack is verified, and a byte too many in a graph is found', async () => {
  expect((await runCli(['pack', 'verify', 'ct-tissue'])).code).toBe(0);
  const copy = join(folder.path, 'changed');
  await cp(CT_TISSUE, copy, { recursive: true });
  await appendFile(join(copy, 'model.onnx'), 'x');
  const run = await runCli(['pack', 'verify', copy]);
  expect(run).toMatchObject({ code: 1, stdout: '' });
  expect(run.stderr).toContain('code: pack-checksum');
});

test('a pack written by hand is sealed, and what keeps it from being one is said in words', async () => {
  const own = join(folder.path, 'own');
  await cp(CT_TISSUE, own, { recursive: true });
  const whole = await readFile(join(own, 'pack.json'), 'utf8');
  const { files: _files, licence: _licence, ...rest } = JSON.parse(whole);
  await writeFile(join(own, 'pack.json'), JSON.stringify(rest));

  const unsealed = await runCli(['pack', 'verify', own]);
  expect(unsealed.stderr).toContain('files is missing: `parse3d pack seal` lists the files');
  const half = await runCli(['pack', 'seal', own]);
  expect(half.code).toBe(1);
  expect(half.stderr).toContain('licence is missing (expected object)');
  expect(JSON.parse(await readFile(join(own, 'pack.json'), 'utf8'))).toEqual(rest);

  await writeFile(join(own, 'pack.json'), JSON.stringify({ ...rest, licence: { spdx: 'MIT' } }));
  expect((await runCli(['pack', 'seal', own])).code).toBe(0);
  expect(JSON.parse(await readFile(join(own, 'pack.json'), 'utf8'))).toEqual(JSON.parse(whole));
  expect((await runCli(['pack', 'verify', own])).code).toBe(0);

  await mkdir(join(own, 'more'));
  expect((await runCli(['pack', 'seal', own])).stderr).toContain('more is a folder');
});

test.skipIf(DATA === undefined)(
  `a MeshNet becomes a pack that verifies${DATA === undefined ? ' (skipped: PARSE3D_TEST_DATA is not set)' : ''}`,
  async () => {
    const source = join(DATA ?? '', 'meshnet', 'model18cls');
    const out = join(folder.path, 'meshnet18');
    const labels = join(source, 'colormap.json');
    const run = await runCli([
      'pack',
      'import-meshnet',
      join(source, 'model.json'),
      '--labels',
      labels,
      '--out',
      out,
      '--json',
    ]);
    expect(run.code, run.stderr).toBe(0);
    expect(JSON.parse(run.stdout)).toMatchObject({ pack: { id: 'meshnet18', modalities: ['mr'] }, folder: out });
    expect((await runCli(['pack', 'verify', out])).code).toBe(0);
  },
);

test('what is no MeshNet is refused with what was expected', async () => {
  const json = join(CT_TISSUE, 'pack.json');
  const run = await runCli(['pack', 'import-meshnet', json, '--labels', json, '--out', join(folder.path, 'none')]);
  expect(run.code).toBe(4);
  expect(run.stderr).toContain('code: pack-import-failed');
});
