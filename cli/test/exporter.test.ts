import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { allTasks, Pack } from '@parse3d/contract';
import { matchPrompt } from '@parse3d/contract/packs';
import { assertNothingLeaks, scratchFolder, type ScratchFolder } from '@parse3d/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeWithPython, PYTHON } from '../../test/support/python.js';
import { phantomCtFile } from '../../test/support/volumes.js';
import { runCli } from './support/cli.js';

const TOOLS = join(import.meta.dirname, '../../tools/export_biomedparse');
const data = process.env['PARSE3D_TEST_DATA'];

if (data === undefined) {
  test.skip("the exporter of BiomedParse [skipped: PARSE3D_TEST_DATA is not set: it has CLIP's vocabulary]", () => {});
} else {
  describeWithPython(['torch', 'onnx', 'numpy'], 'the exporter of BiomedParse', () => {
    let folder: ScratchFolder;
    let unittests: { stdout: string; stderr: string };
    let pack: Pack;
    beforeAll(async () => {
      folder = await scratchFolder('exporter');
      // Among them one that exports a file of the published layout as a user does; that pack stays for the tests below.
      const python = ['-m', 'unittest', 'test_checkpoint', 'test_destination', 'test_published_layout'];
      const env = { ...process.env, PARSE3D_TEST_KEEP: folder.path };
      unittests = await promisify(execFile)(PYTHON, python, { cwd: TOOLS, env });
      pack = Pack.parse(JSON.parse(await readFile(join(folder.path, 'pack/pack.json'), 'utf8')));
    }, 180_000);
    afterAll(async () => {
      await folder.remove();
      await assertNothingLeaks();
    });

    test('reads weights without running code, says what are not weights, and exports the published layout', () => {
      expect(unittests.stderr).toMatch(/Ran \d+ tests/);
      expect(unittests.stderr).toMatch(/^OK( \(skipped=1\))?$/m);
    });

    test('its pack verifies and says what it was made from', async () => {
      const verified = await runCli(['pack', 'verify', 'pack'], { cwd: folder.path });
      expect(verified.code, verified.stderr).toBe(0);
      expect(pack).toMatchObject({
        licence: { spdx: 'MIT' },
        weights: { file: 'biomedparse_v2.ckpt' },
        model: { edgeOutput: 'edge_logits' },
      });
      expect(pack.citation).toMatch(/s41592-024-02499-w.*CVPR 2025/);
      const wrong = allTasks().filter(({ prompt, modality }) => !matchPrompt(pack, prompt, modality).recommended);
      expect(wrong).toEqual([]);
    });

    test('its pack segments, and the result names the file of weights', async () => {
      await writeFile(join(folder.path, 'ct.nii.gz'), await phantomCtFile([48, 40, 6]));
      const prompts = ['--prompt', 'left lung', '--prompt', 'sigmoid colon'];
      const run = await runCli(['segment', 'ct.nii.gz', '--pack', 'pack', ...prompts, '--out', 'found', '--json'], {
        cwd: folder.path,
      });
      expect(run.code, run.stderr).toBe(0);
      expect(JSON.parse(run.stdout)).toMatchObject({
        model: { weights: pack.weights, citation: pack.citation, licence: 'MIT' },
        findings: [
          { prompt: 'left lung', recommended: true },
          { prompt: 'sigmoid colon', recommended: false },
        ],
      });
    });
  });
}
