import { execFile } from 'node:child_process';
import { copyFile, mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { assertNothingLeaks, scratchFolder, type ScratchFolder } from '@parse3d/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { writeSeries } from '../../../test/support/dicom.js';
import { describeWithPython, PYTHON } from '../../../test/support/python.js';
import { startStack, type Stack } from '../../../test/support/stack.js';
import { phantomCtFile } from '../../../test/support/volumes.js';

const run = promisify(execFile);
const client = join(import.meta.dirname, '..');

describeWithPython(
  ['httpx', 'pandas', 'nibabel', 'pydicom', 'hatchling', 'pip', 'nbclient', 'ipykernel'],
  'the Python client, installed from its wheel into a new environment',
  () => {
    let stack: Stack;
    let folder: ScratchFolder;
    let python: string;
    let env: Record<string, string>;
    beforeAll(async () => {
      folder = await scratchFolder('python-client');
      const at = (name: string): string => join(folder.path, name);
      stack = await startStack();
      await writeFile(at('ct.nii.gz'), await phantomCtFile([24, 20, 12]));
      writeSeries(folder.path, [{ folder: 'series', plane: 'axial', slices: 12, modality: 'CT' }]);

      await run(PYTHON, ['-m', 'hatchling', 'build', '-t', 'wheel', '-d', at('wheel')], { cwd: client });
      // What the client depends on comes from the system, so that no registry is needed.
      await run(PYTHON, ['-m', 'venv', '--system-site-packages', '--without-pip', at('env')]);
      python = join(at('env'), 'bin', 'python');
      const wheels = (await readdir(at('wheel'))).map((name) => join(at('wheel'), name));
      await run(PYTHON, ['-m', 'pip', '--python', python, 'install', '--no-index', '--no-deps', '--quiet', ...wheels]);
      env = {
        PATH: process.env['PATH'] ?? '',
        HOME: folder.path,
        PARSE3D_URL: stack.api.url,
        PARSE3D_API_KEY: stack.api.key,
        PARSE3D_TEST_VOLUME: at('ct.nii.gz'),
        PARSE3D_TEST_SERIES: at('series'),
      };
    });
    afterAll(async () => {
      await stack.stop();
      await folder.remove();
      await assertNothingLeaks();
    });

    test('its own tests pass against a real server', async () => {
      const args = ['-m', 'unittest', 'discover', '-s', join(client, 'tests')];
      const { stderr } = await run(python, args, { cwd: folder.path, env });
      expect(stderr).toMatch(/Ran \d+ tests[^]*OK\n$/);
      expect(stderr).not.toContain('skipped');
    });

    test('the notebook runs from its first cell to its last', async () => {
      await copyFile(join(client, 'notebook.ipynb'), join(folder.path, 'notebook.ipynb'));
      const kernel = join(folder.path, 'jupyter', 'kernels', 'python3');
      await mkdir(kernel, { recursive: true });
      const argv = [python, '-m', 'ipykernel_launcher', '-f', '{connection_file}'];
      await writeFile(
        join(kernel, 'kernel.json'),
        JSON.stringify({ argv, display_name: 'Python', language: 'python' }),
      );
      const execute = [
        'import nbformat, sys',
        'from nbclient import NotebookClient',
        'notebook = nbformat.read("notebook.ipynb", 4)',
        'NotebookClient(notebook, kernel_name="python3").execute()',
        'print(len([cell for cell in notebook.cells if cell.get("outputs")]))',
      ].join('\n');
      const { stdout } = await run(python, ['-c', execute], {
        cwd: folder.path,
        env: { ...env, JUPYTER_PATH: join(folder.path, 'jupyter') },
      });
      expect(Number(stdout)).toBeGreaterThan(2);
    });
  },
);
