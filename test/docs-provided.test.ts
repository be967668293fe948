import { execFileSync } from 'node:child_process';
import { symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ApiKeys, scopes } from '@parse3d/platform/access';
import { assertNothingLeaks, startRadosgw, whyNoRadosgw, type TestRadosgw } from '@parse3d/testing';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { describeWithDicomTools, writeSeries } from './support/dicom.js';
import { blocksOf, pages, type DocBlock } from './support/doc-blocks.js';
import { openDocShell, openShell, type DocShell } from './support/doc-shell.js';
import { PYTHON } from './support/python.js';
import { startStack, type Stack } from './support/stack.js';
import { phantomCtFile } from './support/volumes.js';

// The commands of the pages that need more than a clone: buckets, a DICOM series, a published network.
const data = process.env['PARSE3D_TEST_DATA'];
const blocks = pages().flatMap(blocksOf);
const nameOf = ({ page, line, text }: DocBlock): string => `${page}:${line} ${text.trim().split('\n')[0]}`;

/** A test for each block that needs this, in the order of the pages. */
function testBlocks(needs: string, shell: () => DocShell): void {
  for (const block of blocks.filter((found) => found.needs === needs)) {
    test(nameOf(block), async () => {
      await shell().run(block);
    });
  }
}

afterAll(() => assertNothingLeaks());

const noGateway = whyNoRadosgw();
describe.skipIf(noGateway !== undefined && process.env['CI'] === undefined)(
  `the commands with buckets${noGateway === undefined ? '' : ` [skipped: ${noGateway}]`}`,
  () => {
    let gateway: TestRadosgw;
    let stack: Stack;
    let shell: DocShell;
    beforeAll(async () => {
      gateway = await startRadosgw();
      await gateway.createBucket('scans');
      stack = await startStack({
        env: {
          PARSE3D_STORAGE: 's3',
          PARSE3D_S3_ENDPOINT: gateway.endpoint,
          PARSE3D_S3_REGION: gateway.region,
          PARSE3D_S3_ACCESS_KEY_ID: gateway.accessKeyId,
          PARSE3D_S3_SECRET_ACCESS_KEY: gateway.secretAccessKey,
          PARSE3D_DEFAULT_PACK: 'starter-brain-mr',
        },
      });
      await fillScans(stack);
      const grant = { name: 'docs', tenant: 'default', scopes: [...scopes], inputs: ['s3://scans/'] };
      const { key } = await new ApiKeys(stack.stores.primary).create(grant);
      const url = String(stack.apiService.hello['url']);
      shell = await openShell(async (folder) => {
        await writeFile(join(folder, 'prompts.txt'), '1\tthalamus\n2\tbrainstem\n');
        await writeFile(join(folder, 'list.txt'), 's3://scans/study/a/ct.nii.gz\n');
        const env = { ...stack.env, PARSE3D_URL: url, PARSE3D_API_KEY: key };
        return { url, key, env, stop: () => Promise.resolve() };
      });
    }, 120_000);
    afterAll(async () => {
      await shell?.stop();
      await stack?.stop();
      await gateway?.stop();
    });

    testBlocks('s3', () => shell);
  },
);

/** The objects that the pages speak of. */
async function fillScans({ stores }: Stack): Promise<void> {
  const scans = stores.bucket('s3', 'scans');
  const volume = await phantomCtFile([12, 10, 8]);
  for (const key of ['cohort/a.nii.gz', 'study/a/ct.nii.gz', 'bids/sub-01/anat/sub-01_T1w.nii.gz']) {
    await scans.write(key, volume);
  }
  await scans.write('list.jsonl', Buffer.from('{"uri":"s3://scans/cohort/a.nii.gz"}\n'));
}

describeWithDicomTools('the commands with a DICOM series', () => {
  let shell: DocShell;
  beforeAll(async () => {
    shell = await openDocShell();
    writeSeries(shell.folder, [
      { folder: 'series', plane: 'axial', slices: 4 },
      { folder: 'echoes', plane: 'axial', slices: 4, echoes: 2 },
    ]);
    execFileSync(PYTHON, ['-m', 'zipfile', '-c', 'series.zip', 'series'], { cwd: shell.folder });
  }, 90_000);
  afterAll(() => shell?.stop());

  testBlocks('dicom', () => shell);
});

describe.skipIf(data === undefined)(
  `the commands with a published MeshNet${data === undefined ? ' [skipped: PARSE3D_TEST_DATA is not set]' : ''}`,
  () => {
    let shell: DocShell;
    beforeAll(async () => {
      shell = await openShell(async (folder) => {
        await symlink(join(data ?? '', 'meshnet/model18cls'), join(folder, 'model18cls'));
        return { url: '', key: '', stop: () => Promise.resolve() };
      });
    });
    afterAll(() => shell?.stop());

    testBlocks('meshnet', () => shell);
  },
);
