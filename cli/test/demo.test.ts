import { access, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { assertNothingLeaks, scratchFolder } from '@parse3d/testing';
import { afterAll, expect, test } from 'vitest';
import { runCli } from './support/cli.js';

afterAll(assertNothingLeaks);

test('the demonstration segments its sample through the whole service, says where the results lie, and stops', async () => {
  const folder = await scratchFolder('cli-demo');
  try {
    // Without a line: the sample that comes with the clone stands in, and that is said.
    const offline = {
      PARSE3D_DEFAULT_PACK: 'starter-brain-mr',
      npm_config_registry: 'http://127.0.0.1:1',
      XDG_CACHE_HOME: join(folder.path, 'cache'),
    };
    const run = await runCli(['demo'], { cwd: folder.path, env: offline });
    expect(run.code, run.stderr).toBe(0);
    expect(run.stderr).toContain('the sample head could not be fetched');
    expect(run.stderr).toContain('in its place a template');
    for (const [what, file] of [
      ['Label map', 'labels.nii.gz'],
      ['Manifest', 'manifest.json'],
      ['Preview', 'preview.png'],
    ] as const) {
      const path = new RegExp(`${what}\\s+(\\S+${file})`).exec(run.stdout)?.[1] ?? 'not told';
      await access(join(folder.path, path));
    }
    expect(run.stdout).toMatch(/\d\s+\S.*\s+present\s+[\d.,]+/);
    expect(await readdir(join(folder.path, '.parse3d', 'demo'))).not.toContain('up.json');
  } finally {
    await folder.remove();
  }
});

test('without redis-server it says what is missing, and leaves nothing that looks like a running service', async () => {
  const folder = await scratchFolder('cli-demo');
  try {
    const run = await runCli(['up', '--port', '0'], { cwd: folder.path, env: { PATH: join(folder.path, 'empty') } });
    expect(run).toMatchObject({ code: 1, stdout: '' });
    expect(run.stderr).toMatch(/error: .*redis-server/);
    expect(run.stderr).toContain('code: dependency-missing');
    expect(await readdir(join(folder.path, '.parse3d'))).not.toContain('up.json');
  } finally {
    await folder.remove();
  }
});
