import { mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { batchJobId } from '@parse3d/contract';
import { createBucketIfMissing } from '@parse3d/storage';
import { assertNothingLeaks, eventually, scratchFolder } from '@parse3d/testing';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { endedBatch, lookAtBatch, submitBatch } from '../support/batches.js';
import { at } from '../support/deploy-files.js';
import type { Stack } from '../support/stack.js';
import { uploadFolder } from '../support/uploads.js';
import { phantomCtFile } from '../support/volumes.js';
import {
  accessibilityFaults,
  desktop,
  fitsItsWidth,
  notCovered,
  PATIENCE_MS,
  phone,
  screenshot,
  withBrowser,
} from './support/browser.js';
import { dropPaths } from './support/pixels.js';
import { runRecipe } from './support/recipe.js';
import { LONG_MS, startRunningPage, type RunningPage } from './support/running-page.js';

withBrowser('batches on the page', () => {
  let running: RunningPage;
  let stack: Stack;
  let page: Page;
  let origin: string;
  let small: Buffer;
  beforeAll(async () => {
    running = await startRunningPage();
    ({ stack, page, origin } = running);
    small = await phantomCtFile([24, 20, 16]);
  }, LONG_MS);
  afterAll(async () => {
    await running.close();
    await assertNothingLeaks();
  });

  test(
    'a folder of the storage becomes a batch: counted before it is sent, named, and followed on its page',
    async () => {
      await page.goto(`${origin}/batches`);
      await page.getByText('No batches yet').waitFor();
      expect(await accessibilityFaults(page)).toEqual([]);
      await screenshot(page, 'batches-empty');

      const { uri } = await uploadFolder(stack.stores.primary, {
        'a.nii.gz': small,
        'b.nii.gz': small,
        'later/c.nii.gz': small,
        'notes.txt': Buffer.from('x'),
      });
      await page.getByRole('main').getByRole('link', { name: 'Segment' }).click();
      await page.getByRole('button', { name: 'From storage…' }).click();
      await page.getByRole('button', { name: /uploads\/default/ }).click();
      await page.getByRole('button', { name: `${uri.split('/').at(-2) ?? ''}/ folder` }).click();
      const all = page.getByRole('button', { name: 'All volumes in this folder and below' });
      await all.waitFor();
      expect(await accessibilityFaults(page)).toEqual([]);
      await screenshot(page, 'segment-folder-choice');
      await page.setViewportSize(phone);
      expect(await fitsItsWidth(page)).toBe(true);
      await all.focus();
      expect(await notCovered(page)).toBe(true);
      await screenshot(page, 'segment-folder-choice-phone');
      await page.setViewportSize(desktop);
      // By keyboard, which then goes on where it was.
      await all.focus();
      await page.keyboard.press('Enter');
      await page.locator('.folder-cover').getByText('3 volumes', { exact: true }).waitFor();
      await page.getByText(/^3 volumes, .* with ct-tissue: about 1 s on 1 slot, a rough guess/).waitFor();
      expect(await page.evaluate('document.activeElement.textContent')).toBe('From storage…');
      const submit = page.getByRole('button', { name: 'Segment 3 volumes' });
      expect(await submit.isDisabled()).toBe(true);
      await page.getByRole('combobox', { name: 'Prompt 1' }).fill('bone');
      await page.keyboard.press('Escape');
      await page.getByLabel('Name, if you like').fill('From the page');
      expect(await accessibilityFaults(page)).toEqual([]);
      await screenshot(page, 'segment-folder');
      await page.setViewportSize(phone);
      expect(await fitsItsWidth(page)).toBe(true);
      expect(await accessibilityFaults(page)).toEqual([]);
      await screenshot(page, 'segment-folder-phone');
      await page.getByRole('button', { name: 'Light theme' }).click();
      await page.getByLabel('Name, if you like').focus();
      expect(await notCovered(page)).toBe(true);
      expect(await accessibilityFaults(page)).toEqual([]);
      await screenshot(page, 'segment-folder-phone-light');
      await page.getByRole('button', { name: 'Dark theme' }).click();
      await page.setViewportSize(desktop);

      await submit.click();
      await page.waitForURL(/\/batches\/[0-9a-f-]{36}$/);
      await page.getByRole('heading', { name: 'From the page' }).waitFor();
      await page.getByText('3 completed', { exact: true }).waitFor();
      const view = await lookAtBatch(stack.api, page.url().split('/').at(-1) ?? '');
      expect(view).toMatchObject({ name: 'From the page', total: 3 });
    },
    LONG_MS,
  );

  test(
    'a dropped folder is listed before anything is sent, what is broken is left out and told, and the rest becomes a batch with its names',
    async () => {
      const folder = await scratchFolder('cohort');
      try {
        const root = join(folder.path, 'cohort');
        await mkdir(join(root, 'sub-2'), { recursive: true });
        await writeFile(join(root, 'sub-1.nii.gz'), small);
        await writeFile(join(root, 'sub-2/t1.nii.gz'), await phantomCtFile([30, 26, 20]));
        await writeFile(join(root, 'sub-2/t1.json'), '{}');
        await writeFile(join(root, 'cut.nii.gz'), small.subarray(0, small.length / 2));
        await writeFile(join(root, 'none.nii'), '');
        await symlink(join(root, 'sub-1.nii.gz'), join(root, 'link.nii.gz'));
        await page.goto(origin);
        await dropPaths(page, [root]);
        await page.locator('.folder-cover').getByText('3 volumes', { exact: true }).waitFor();
        await page.getByText('2 files are left out: 1 empty, 1 not a volume').click();
        await page.locator('.dry-run').getByText('cohort/none.nii').waitFor();
        expect(await page.getByLabel('Name, if you like').inputValue()).toBe('cohort');
        await page.getByRole('combobox', { name: 'Prompt 1' }).fill('bone');
        await page.keyboard.press('Escape');
        expect(await accessibilityFaults(page)).toEqual([]);
        await screenshot(page, 'segment-dropped');
        await page.getByRole('button', { name: 'Segment 3 volumes' }).click();
        // Half a copy is found out when its turn comes; nothing goes on without a look at that.
        await page.getByText(/^1 volume could not be sent/).waitFor();
        await page.locator('.dry-run').getByText('The compressed file breaks off').waitFor();
        await page.setViewportSize(phone);
        expect(await fitsItsWidth(page)).toBe(true);
        expect(await accessibilityFaults(page)).toEqual([]);
        await screenshot(page, 'segment-dropped-phone');
        await page.setViewportSize(desktop);
        await page.getByRole('button', { name: 'Segment 2 volumes' }).click();
        await page.waitForURL(/\/batches\/[0-9a-f-]{36}$/);
        await page.getByRole('heading', { name: 'cohort' }).waitFor();
        await page.locator('.sheet').getByText('cohort/sub-2/t1.nii.gz').waitFor();
        const [table] = await Promise.all([
          page.waitForEvent('download'),
          page.getByRole('button', { name: 'Which file is which' }).click(),
        ]);
        expect(await readFile(await table.path(), 'utf8')).toBe(
          'ordinal,file\n0,cohort/sub-1.nii.gz\n1,cohort/sub-2/t1.nii.gz\n',
        );
      } finally {
        await folder.remove();
      }
    },
    LONG_MS,
  );

  test(
    'the commands for a folder do what the page would; what was done before is skipped unless it is asked for',
    async () => {
      // What was chosen last is still there; a folder by its address, with a slash at its end.
      const { uri } = await uploadFolder(stack.stores.primary, { 'a.nii.gz': small, 'b.nii.gz': small });
      await page.getByRole('link', { name: 'Segment', exact: true }).click();
      await page.locator('.chosen').getByText('2 volumes').waitFor();
      await page.getByRole('button', { name: 'From storage…' }).click();
      await page.getByLabel('Address of a volume, or of a folder with a slash at its end').fill(uri);
      await page.keyboard.press('Enter');
      await page.getByRole('button', { name: 'Segment 2 volumes' }).waitFor();
      await page.getByLabel('Name, if you like').fill("Anna's cohort");
      await page.getByText('The same by curl, command line or Python').click();
      const skipped = async (): Promise<number> => {
        const { json } = await stack.api.send('GET', '/v1/batches?limit=1');
        const newest = at(json, 'batches', 0, 'id');
        const view = await endedBatch(stack.api, String(newest));
        expect(view).toMatchObject({ name: "Anna's cohort", status: 'completed', counts: { completed: 2 } });
        return view.skipped;
      };
      const folder = await scratchFolder('recipes');
      try {
        const summaries: string[] = [];
        for (const [tab, program, reused, summary] of [
          ['curl', 'bash', 0, 'summary.csv'],
          ['Python', 'python3', 2, 'summary.csv'],
          ['Command line', 'bash', 0, 'found/summary.csv'],
        ] as const) {
          await page.getByLabel(/^Skip what was done before/).setChecked(tab !== 'Command line');
          await page.getByRole('tab', { name: tab }).click();
          const text = (await page.getByRole('tabpanel').textContent()) ?? '';
          expect(text).not.toContain(stack.api.key);
          await runRecipe(program, text, folder.path, stack.api.key);
          expect(await skipped(), tab).toBe(reused);
          summaries.push(await readFile(join(folder.path, summary), 'utf8'));
          await rm(join(folder.path, summary));
        }
        for (const summary of summaries) expect(summary.match(/,completed,1,bone,/g)).toHaveLength(2);
      } finally {
        await folder.remove();
      }
      await page.getByRole('tabpanel').focus();
      expect(await accessibilityFaults(page)).toEqual([]);
      await screenshot(page, 'segment-folder-recipes');
    },
    LONG_MS,
  );

  test(
    'a folder that is being counted, that has no volumes, or that may not be read, is told in words before anything is sent',
    async () => {
      // The answer waits until the page was looked at.
      let answer = (): void => undefined;
      const looked = new Promise<void>((resolve) => (answer = resolve));
      await page.route('**/v1/batches', async (route) => {
        await looked;
        await route.continue();
      });
      const { uri } = await uploadFolder(stack.stores.primary, { 'notes.txt': Buffer.from('x') });
      const address = page.getByLabel('Address of a volume, or of a folder with a slash at its end');
      await page.getByRole('button', { name: 'From storage…' }).click();
      await address.fill(uri);
      await page.keyboard.press('Enter');
      await page.locator('.folder-cover').getByText('Counting the volumes…').waitFor();
      expect(await accessibilityFaults(page)).toEqual([]);
      await screenshot(page, 'segment-folder-counting');
      answer();
      await page.locator('.folder-cover').getByText('No volumes in this folder').waitFor();
      await page.unroute('**/v1/batches');
      const submit = page.getByRole('button', { name: 'Segment all volumes' });
      expect(await submit.isDisabled()).toBe(true);
      expect(await accessibilityFaults(page)).toEqual([]);
      await screenshot(page, 'segment-folder-empty');

      const root = stack.env['PARSE3D_STORAGE_ROOT'] ?? '';
      await createBucketIfMissing({ kind: 'file', root, bucket: 'elsewhere' });
      await stack.stores.bucket('local', 'elsewhere').write('study/a.nii.gz', small);
      await page.getByRole('button', { name: 'From storage…' }).click();
      await address.fill('local://elsewhere/study/');
      await page.keyboard.press('Enter');
      await page.getByRole('alert').getByText('input-not-allowed').waitFor();
      await page.locator('.folder-cover').getByText('The folder could not be counted').waitFor();
      expect(await submit.isDisabled()).toBe(true);
      expect(await accessibilityFaults(page)).toEqual([]);
      await screenshot(page, 'segment-folder-refused');
      await page.getByRole('button', { name: 'Choose another volume' }).click();
      await page.getByText('Drop a volume here').waitFor();
    },
    LONG_MS,
  );

  test(
    'a batch shows its counts, why items failed, and its results as a contact sheet; failures are retried by code and all',
    async () => {
      const volumes = Object.fromEntries(Array.from({ length: 9 }, (_, index) => [`scan-${index}.nii.gz`, small]));
      const { uri } = await uploadFolder(stack.stores.primary, {
        ...volumes,
        'scan-3.nii.gz': small.subarray(0, small.length - 20),
        'scan-5.nii.gz': Buffer.alloc(400, 'x'),
        'scan-6.nii.gz': small.subarray(0, small.length - 20),
        'scan-7.nii.gz': await phantomCtFile([30, 26, 20]),
      });
      const batch = await submitBatch(stack.api, {
        name: 'Cohort A',
        source: { kind: 'prefix', uri },
        prompts: ['bone', 'lung', 'fat'],
        skipCompleted: false,
      });
      await page.getByRole('link', { name: 'Batches' }).click();
      await page.getByRole('link', { name: 'Cohort A' }).click();
      await page.getByText('6 completed').waitFor();
      await page.getByText('3 failed', { exact: true }).waitFor();
      await page.getByText('nifti-truncated', { exact: true }).click();
      await page.getByRole('link', { name: 'scan-3.nii.gz' }).waitFor();
      await eventually(async () => (await page.locator('.sheet img').count()) === 6, {
        timeoutMs: PATIENCE_MS,
        what: 'six previews',
      });
      // A picture that was refused has no size.
      await eventually(
        () => page.evaluate(`[...document.querySelectorAll('.sheet img')].every((image) => image.naturalWidth > 0)`),
        { timeoutMs: PATIENCE_MS, what: 'the previews to be drawn' },
      );
      await page.getByRole('button', { name: 'summary.csv' }).waitFor();
      // The one that is larger than the others.
      await page.getByRole('button', { name: 'Outliers first' }).click();
      await page
        .locator('.sheet li')
        .first()
        .getByText(/ ml, others /)
        .waitFor();
      expect(await page.locator('.sheet-name').first().textContent()).toContain('scan-7.nii.gz');
      await page.getByRole('button', { name: 'bad result: scan-7.nii.gz' }).click();
      const note = page.getByLabel('Note on scan-7.nii.gz');
      await note.fill('too large, odd');
      await note.press('Enter');
      await page.getByRole('button', { name: 'good result: scan-0.nii.gz' }).click();
      await page.getByRole('button', { name: 'Download 2 marks as CSV' }).waitFor();
      await eventually(
        async () => {
          const rows = (await (await stack.api.fetch(`/v1/batches/${batch.id}/marks.csv`)).text()).split('\n');
          return (
            rows[0]?.startsWith('ordinal,uri,mark,note,marked_at,key') === true &&
            /^0,.*scan-0\.nii\.gz,good,,20/.test(rows[1] ?? '') &&
            /^7,.*scan-7\.nii\.gz,bad,"too large, odd",20/.test(rows[2] ?? '')
          );
        },
        { timeoutMs: PATIENCE_MS, what: 'both marks in the table' },
      );
      await page.getByRole('button', { name: 'good result: scan-0.nii.gz' }).click();
      await page.getByRole('button', { name: 'Download 1 mark as CSV' }).waitFor();
      const beyond = await stack.api.send('POST', `/v1/batches/${batch.id}/marks`, { ordinal: 9, mark: 'good' });
      expect(beyond.status).toBe(400);
      expect(await accessibilityFaults(page)).toEqual([]);
      await screenshot(page, 'batch');
      await page.setViewportSize(phone);
      expect(await fitsItsWidth(page)).toBe(true);
      await screenshot(page, 'batch-phone');
      await page.setViewportSize(desktop);

      const runs = async (): Promise<string> =>
        (await Promise.all([3, 5, 6].map((at) => stack.api.job(batchJobId(batch.id, at)))))
          .map(({ run }) => run)
          .join();
      const become = (wanted: string): Promise<boolean> =>
        eventually(async () => (await runs()) === wanted, { timeoutMs: PATIENCE_MS, what: `runs ${wanted}` });
      await page.getByRole('button', { name: 'Retry 2 with nifti-truncated' }).click();
      await become('2,1,2');
      // The answer to the page comes after the runs are there.
      await eventually(() => page.evaluate(`document.activeElement.tagName === 'H1'`), {
        timeoutMs: PATIENCE_MS,
        what: 'the focus to be on the heading',
      });
      await page.getByText('3 failed', { exact: true }).waitFor();
      await page.getByRole('button', { name: 'Retry all 3' }).click();
      await become('3,2,3');
      await page.locator('.sheet').getByRole('link', { name: 'scan-0.nii.gz' }).click();
      await page.getByRole('heading', { name: 'Findings' }).waitFor();
    },
    LONG_MS,
  );

  test(
    'a batch is paused, goes on, and is canceled',
    async () => {
      const volume = await phantomCtFile([64, 64, 48]);
      const { uri } = await uploadFolder(
        stack.stores.primary,
        Object.fromEntries([0, 1, 2, 3].map((index) => [`slow-${index}.nii.gz`, volume])),
      );
      const batch = await submitBatch(stack.api, {
        source: { kind: 'prefix', uri },
        prompts: ['target'],
        pack: 'slow',
      });
      const status = async (): Promise<string> => (await lookAtBatch(stack.api, batch.id)).status;
      await page.goto(`${origin}/batches/${batch.id}`);
      await page.getByRole('button', { name: 'Pause' }).click();
      await page.getByRole('button', { name: 'Resume' }).waitFor();
      expect(await status()).toBe('paused');
      expect(await accessibilityFaults(page)).toEqual([]);
      await page.getByRole('button', { name: 'Resume' }).click();
      await page.getByRole('button', { name: 'Pause' }).waitFor();
      await page.getByRole('button', { name: 'Cancel' }).click();
      await eventually(async () => (await status()) === 'canceled', {
        timeoutMs: PATIENCE_MS,
        what: 'the batch to end',
      });
      await page.locator('.badge-canceled').waitFor();
      await page.getByRole('link', { name: 'Batches' }).click();
      await page.getByRole('link', { name: 'Cohort A' }).waitFor();
      expect(await accessibilityFaults(page)).toEqual([]);
      await screenshot(page, 'batches');
    },
    LONG_MS,
  );

  test('nothing was asked of another host, and the console stayed empty', () => {
    expect(running.visit.complaints).toEqual([]);
  });
});
