import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { cp, mkdir, mkdtemp, open, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  assertNothingLeaks,
  freePort,
  scratchFolder,
  startRadosgw,
  startRedis,
  whyNoRadosgw,
  type ScratchFolder,
  type TestRedis,
} from '@parse3d/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { startCarelessS3 } from '../../test/support/careless-s3.js';
import { runCli } from './support/cli.js';

const PACKS = fileURLToPath(new URL('../../packs', import.meta.url));
const Report = z.object({
  ok: z.boolean(),
  checks: z.array(
    z.object({
      part: z.string(),
      status: z.enum(['ok', 'warn', 'fail', 'skip']),
      detail: z.string(),
      mend: z.string().optional(),
      code: z.string().optional(),
    }),
  ),
});

let folder: ScratchFolder;
let redis: TestRedis;
/** A service that lacks nothing, with one small pack. */
let healthy: Record<string, string>;
beforeAll(async () => {
  folder = await scratchFolder('cli-doctor');
  redis = await startRedis({ appendOnly: true });
  healthy = {
    PARSE3D_REDIS_URL: redis.url,
    PARSE3D_STORAGE_ROOT: join(folder.path, 'storage'),
    PARSE3D_SCRATCH: join(folder.path, 'scratch'),
    PARSE3D_PACKS: join(folder.path, 'packs'),
    PARSE3D_CHILD_MEMORY: '1GiB',
  };
  await mkdir(join(folder.path, 'storage', 'parse3d'), { recursive: true });
  await cp(join(PACKS, 'ct-tissue'), join(folder.path, 'packs', 'ct-tissue'), { recursive: true });
});
afterAll(async () => {
  await redis.stop();
  await folder.remove();
  await assertNothingLeaks();
});

async function doctor(env: Record<string, string>) {
  const run = await runCli(['doctor', '--json'], { env: { ...healthy, ...env }, cwd: folder.path });
  expect(run.stdout, run.stderr).not.toBe('');
  const report = Report.parse(JSON.parse(run.stdout));
  const bad = report.checks.filter(({ status }) => status === 'fail');
  // Whatever is wrong comes with what to do.
  for (const { mend } of bad) expect(mend).toBeTruthy();
  expect(run.code).toBe(report.ok ? 0 : 1);
  expect(report.ok).toBe(bad.length === 0);
  return { ...report, bad, mends: bad.map(({ mend }) => mend).join('\n') };
}

test('of a service that lacks nothing every part is looked at and fine, and nothing is left behind', async () => {
  const { ok, checks } = await doctor({ PARSE3D_PACKS: PACKS });
  expect(ok, JSON.stringify(checks)).toBe(true);
  expect([...new Set(checks.map(({ part }) => part))].sort()).toEqual(
    ['clock', 'device', 'disk', 'keeping', 'memory', 'packs', 'records', 'redis', 'storage', 'versions'].sort(),
  );
  expect(checks.map(({ detail }) => detail).join('\n')).toMatch(/honours conditional writes: of 4 writers/);
  expect(await readdir(join(folder.path, 'storage', 'parse3d'))).toEqual([]);

  const human = await runCli(['doctor'], { env: healthy, cwd: folder.path });
  expect(human.code).toBe(0);
  expect(human.stdout).toMatch(/^ok +redis +answers, version \d/m);
  expect(human.stdout).toMatch(/\d+ ok, \d+ to look at, 0 wrong/);
});

test('what the next walk would remove is counted, and nothing of it is removed', async () => {
  const root = join(folder.path, 'stored');
  const upload = join(root, 'parse3d', 'uploads', 'lab-a', randomUUID());
  await mkdir(upload, { recursive: true });
  await writeFile(join(upload, 'volume.nii.gz'), Buffer.alloc(2_048));
  const details = async (kept: string): Promise<string> => {
    const { checks } = await doctor({ PARSE3D_STORAGE_ROOT: root, PARSE3D_UPLOADS_KEPT: kept });
    return checks.map(({ detail }) => detail).join('\n');
  };
  expect(await details('1d')).toMatch(/2.0 KiB of 1 tenants are stored\nwould remove 0 uploads .*\(0 B\)/);
  expect(await details('0s')).toMatch(/would remove 1 uploads that nothing names \(2.0 KiB\), and 0 jobs and batches/);
  expect(await readdir(upload)).toEqual(['volume.nii.gz']);
});

test('a Redis that is down is named with its address and how to start it', async () => {
  const port = await freePort();
  const { bad, mends } = await doctor({ PARSE3D_REDIS_URL: `redis://:secret@127.0.0.1:${port}` });
  expect(bad).toMatchObject([{ part: 'redis', detail: expect.stringContaining(`127.0.0.1:${port}`) }]);
  expect(bad[0]?.detail).toContain('ECONNREFUSED');
  expect(JSON.stringify(bad)).not.toContain('secret');
  expect(mends).toContain('parse3d up');
});

test('a Redis that evicts, or keeps nothing, is told apart from one that is down', async () => {
  const other = await startRedis({ args: ['--maxmemory-policy', 'allkeys-lru'] });
  try {
    const { bad, checks } = await doctor({ PARSE3D_REDIS_URL: other.url });
    expect(bad).toMatchObject([{ part: 'redis', detail: expect.stringContaining('allkeys-lru') }]);
    expect(checks).toContainEqual(
      expect.objectContaining({ status: 'warn', mend: expect.stringMatching(/appendonly/) }),
    );
  } finally {
    await other.stop();
  }
});

test('a pack with one wrong byte is found by its checksum', async () => {
  const packs = join(folder.path, 'corrupt');
  await cp(join(PACKS, 'ct-tissue'), join(packs, 'ct-tissue'), { recursive: true });
  const file = await open(join(packs, 'ct-tissue', 'model.onnx'), 'r+');
  await file.write(Buffer.from([0xff]), 0, 1, 100);
  await file.close();
  const { bad } = await doctor({ PARSE3D_PACKS: packs });
  expect(bad).toMatchObject([{ part: 'packs', code: 'pack-checksum', detail: expect.stringContaining('model.onnx') }]);
});

test('a default pack that is not there is a fault', async () => {
  const { bad } = await doctor({ PARSE3D_DEFAULT_PACK: 'lungs' });
  expect(bad).toMatchObject([{ part: 'packs', detail: expect.stringContaining('ct-tissue') }]);
});

test('a bucket of the file store that is not there is not made, but named', async () => {
  const { bad } = await doctor({ PARSE3D_BUCKET: 'typo' });
  expect(bad).toMatchObject([{ part: 'storage', mend: expect.stringContaining('PARSE3D_BUCKET') }]);
  expect(await readdir(join(folder.path, 'storage'))).not.toContain('typo');
});

const noGateway = process.env['CI'] === undefined ? whyNoRadosgw() : undefined;
(noGateway === undefined ? test : test.skip)(
  `a bucket that an S3 store does not have, and a wrong secret, are told apart${noGateway === undefined ? '' : ` (skipped: ${noGateway})`}`,
  async () => {
    const gateway = await startRadosgw();
    try {
      await gateway.createBucket('masks');
      const env = {
        PARSE3D_STORAGE: 's3',
        PARSE3D_S3_ENDPOINT: gateway.endpoint,
        PARSE3D_S3_ACCESS_KEY_ID: gateway.accessKeyId,
        PARSE3D_S3_SECRET_ACCESS_KEY: gateway.secretAccessKey,
        PARSE3D_BUCKET: 'masks',
      };
      expect(await doctor(env)).toMatchObject({ ok: true });
      const typo = await doctor({ ...env, PARSE3D_BUCKET: 'mask' });
      expect(typo.bad).toMatchObject([
        {
          part: 'storage',
          code: 'bucket-missing',
          detail: expect.stringMatching(/^mask at http.*: there is no bucket mask$/),
        },
      ]);
      const denied = await doctor({ ...env, PARSE3D_S3_SECRET_ACCESS_KEY: 'wrong' });
      expect(denied.bad).toMatchObject([{ part: 'storage', code: 'storage-credentials' }]);
      expect(denied.mends).toContain('PARSE3D_S3_ACCESS_KEY_ID');
    } finally {
      await gateway.stop();
    }
  },
);

test('an S3 store that takes no notice of the condition is a fault', async () => {
  const s3 = await startCarelessS3('ignored');
  try {
    const { bad } = await doctor({
      PARSE3D_STORAGE: 's3',
      PARSE3D_S3_ENDPOINT: s3.endpoint,
      PARSE3D_S3_ACCESS_KEY_ID: 'any',
      PARSE3D_S3_SECRET_ACCESS_KEY: 'any',
    });
    expect(bad).toMatchObject([{ part: 'storage', detail: expect.stringContaining('If-None-Match') }]);
  } finally {
    await s3.stop();
  }
});

const mount = (path: string): string | undefined => {
  const { status, error, stderr } = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', path], {
    encoding: 'utf8',
  });
  return status === 0 ? undefined : `tmpfs cannot be mounted here: ${(error?.message ?? stderr).trim()}`;
};

/** Why there can be no small disk here, or undefined. */
async function whyNoSmallDisk(): Promise<string | undefined> {
  const path = await mkdtemp(join(tmpdir(), 'parse3d-small-disk-'));
  const reason = mount(path);
  if (reason === undefined) spawnSync('umount', [path]);
  await rm(path, { recursive: true });
  return reason;
}

const noDisk = await whyNoSmallDisk();
(noDisk === undefined ? test : test.skip)(
  `a full disk is found by its size and by writing${noDisk === undefined ? '' : ` (skipped: ${noDisk})`}`,
  async () => {
    const path = join(folder.path, 'small-disk');
    await mkdir(path);
    expect(mount(path)).toBeUndefined();
    try {
      await mkdir(join(path, 'parse3d'), { recursive: true });
      await mkdir(join(path, '.tmp'));
      await writeFile(join(path, 'filler'), Buffer.alloc(2 ** 20)).catch(() => undefined);
      const { bad, mends } = await doctor({ PARSE3D_STORAGE_ROOT: path });
      expect(bad.map(({ part }) => part).sort()).toEqual(['disk', 'storage']);
      expect(bad.find(({ part }) => part === 'storage')?.detail).toContain('ENOSPC');
      expect(mends).toContain('the disk is full');
    } finally {
      spawnSync('umount', [path]);
    }
  },
);
