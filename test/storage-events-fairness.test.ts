import { utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { Tenants } from '@parse3d/platform/access';
import { JobPage } from '@parse3d/contract';
import { assertNothingLeaks, eventually } from '@parse3d/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Api } from './support/api.js';
import { startStack, type Stack } from './support/stack.js';
import { phantomCtFile } from './support/volumes.js';

const TOKEN = 'token-of-the-storage-events';
const job = { prompts: ['bone'], outputs: { preview: false } };

let stack: Stack;
let good: Buffer;
beforeAll(async () => {
  good = await phantomCtFile([12, 10, 8]);
  stack = await startStack({
    workers: 0,
    env: { PARSE3D_EVENTS_TOKEN: TOKEN, PARSE3D_RULES_SWEEP_EVERY: '1s' },
  });
});
afterAll(async () => {
  await stack.stop();
  await assertNothingLeaks();
});

const makeRule = async (api: Api, prefix: string): Promise<void> => {
  const answer = await api.send('POST', '/v1/rules', { bucket: 'local://inbox/', prefix, job });
  if (answer.status !== 201) throw new Error(JSON.stringify(answer.json));
};

const jobsOf = async (api: Api): Promise<string[]> =>
  JobPage.parse((await api.send('GET', '/v1/jobs?limit=200')).json).jobs.map(({ input }) => input.uri);

test('a tenant whose quota is reached keeps no other tenant’s job away, and gets its own later', async () => {
  const tenants = new Tenants(stack.stores.primary);
  // Its rules come first.
  await tenants.set('a-full-one', { weight: 1, maxWaitingJobs: 0, maxOpenBatches: 0 });
  const full = await stack.client({ tenant: 'a-full-one', inputs: ['local://inbox/'] });
  const other = await stack.client({ tenant: 'other', inputs: ['local://inbox/'] });
  // Folders are listed too; the object comes before the rules, so that only its event tells of it.
  await stack.stores.bucket('local', 'inbox').write('shared/ct.nii.gz', good);
  await makeRule(full, 'shared/');
  await makeRule(other, 'shared/');
  const tell = (url = other.url) =>
    fetch(`${url}/v1/events/storage`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${TOKEN}` },
      body: JSON.stringify({
        Records: [
          {
            eventSource: 'ceph:s3',
            eventName: 'ObjectCreated:Put',
            s3: { bucket: { name: 'inbox' }, object: { key: 'shared/ct.nii.gz' } },
          },
        ],
      }),
    });
  const refused = await tell();
  expect(refused.status).toBe(503);
  // The sender is no tenant: it learns the reason and no name.
  const text = await refused.text();
  expect(text).toContain('quota-exceeded');
  expect(text).not.toMatch(/a-full-one|ct\.nii/);
  expect(await jobsOf(other)).toEqual(['local://inbox/shared/ct.nii.gz']);
  expect(await jobsOf(full)).toEqual([]);

  await tenants.set('a-full-one', { weight: 1, maxWaitingJobs: 10, maxOpenBatches: 1 });
  // An api that has not read the tenant's quota before.
  const { url } = await stack.startApi();
  expect((await tell(url)).status).toBe(200);
  expect(await jobsOf(full)).toEqual(['local://inbox/shared/ct.nii.gz']);
  expect(await jobsOf(other)).toHaveLength(1);
});

test('a file that is being written keeps no file after it waiting', async () => {
  const api = await stack.client({ tenant: 'folders', inputs: ['local://inbox/'] });
  await makeRule(api, 'growing/');
  const inbox = stack.stores.bucket('local', 'inbox');
  await inbox.write('growing/a.nii.gz', good);
  const path = join(stack.env['PARSE3D_STORAGE_ROOT'] ?? '', 'inbox/growing/a.nii.gz');
  const touching = setInterval(() => {
    const now = new Date();
    void utimes(path, now, now);
  }, 100);
  try {
    await inbox.write('growing/b.nii.gz', good);
    const jobs = await eventually(
      async () => {
        const list = await jobsOf(api);
        return list.length > 0 && list;
      },
      { what: 'the job of the file that is whole' },
    );
    expect(jobs).toEqual(['local://inbox/growing/b.nii.gz']);
  } finally {
    clearInterval(touching);
  }
  await eventually(async () => (await jobsOf(api)).length === 2, { what: 'the job of the file that grew' });
});
