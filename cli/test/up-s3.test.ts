import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  assertNothingLeaks,
  eventually,
  scratchFolder,
  startRadosgw,
  track,
  whyNoRadosgw,
  type ScratchFolder,
  type TestRadosgw,
} from '@parse3d/testing';
import { openStores } from '@parse3d/storage';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runCli, startCli, writePhantom, type CliRun, type RunningCli } from './support/cli.js';

const why = process.env['CI'] === undefined ? whyNoRadosgw() : undefined;
const LONG_MS = 180_000;

describe.skipIf(why !== undefined)(`parse3d up on an S3 store${why === undefined ? '' : ` (skipped: ${why})`}`, () => {
  let folder: ScratchFolder;
  let rgw: TestRadosgw;
  let env: NodeJS.ProcessEnv;
  beforeAll(async () => {
    folder = await scratchFolder('cli-up-s3');
    rgw = await startRadosgw();
    env = { AWS_ACCESS_KEY_ID: rgw.accessKeyId, AWS_SECRET_ACCESS_KEY: rgw.secretAccessKey };
    await rgw.createBucket('scans');
    const path = join(folder.path, 'ct.nii.gz');
    await writePhantom(path);
    const stores = openStores(rgw.config('scans'));
    await stores.primary.write('study/ct.nii.gz', await readFile(path));
    await stores.close();
  }, LONG_MS);
  afterAll(async () => {
    await rgw.stop();
    await folder.remove();
    await assertNothingLeaks();
  });

  const cli = (...args: string[]): Promise<CliRun> => runCli(args, { cwd: folder.path, env });
  /** Runs something while the service is up. */
  const whileUp = async (options: string[], run: (up: RunningCli) => Promise<void>): Promise<void> => {
    const up = startCli(['up', '--port', '0', '--s3', rgw.endpoint, '--bucket', 'masks', ...options], {
      cwd: folder.path,
      env,
    });
    const untrack = track('parse3d up', () => void up.child.kill('SIGTERM'));
    try {
      await eventually(() => up.stdout().includes('parse3d is up'), { timeoutMs: 60_000, what: 'parse3d up' });
      await run(up);
    } finally {
      up.child.kill('SIGTERM');
      await up.ended;
      untrack();
    }
  };

  test(
    'a folder of a bucket is refused with what to do, and is segmented once it is allowed',
    async () => {
      await whileUp([], async (up) => {
        expect(up.stdout()).toContain('s3://masks/');
        const refused = await cli('submit', 's3://scans/study/', '--prompt', 'bone');
        expect(refused.code).not.toBe(0);
        expect(refused.stderr).toContain('code: input-not-allowed');
        expect(refused.stderr).toMatch(/allow it: parse3d up --allow s3:\/\/scans\/, or a key/);
        // Called as most are told to call it, it says so.
        const typed = await runCli(['submit', 's3://scans/study/', '--prompt', 'bone'], {
          cwd: folder.path,
          env: { ...env, npm_command: 'exec' },
        });
        expect(typed.stderr).toContain('allow it: npx parse3d up --allow s3://scans/');
      });
      await whileUp(['--allow', 's3://scans/'], async () => {
        const done = await cli('submit', 's3://scans/study/', '--prompt', 'bone', '--watch');
        expect(done.code, done.stderr).toBe(0);
        expect(done.stderr).toMatch(/completed, 1 of 1/);
      });
    },
    LONG_MS,
  );

  test('a bucket without a store is a mistake', async () => {
    const run = await cli('up', '--port', '0', '--bucket', 'masks');
    expect(run).toMatchObject({ code: 2, stdout: '' });
    expect(run.stderr).toContain('--bucket: only with --s3');
  });
});
