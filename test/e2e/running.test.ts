import { createHash, randomUUID } from 'node:crypto';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { assertNothingLeaks, eventually, scratchFolder } from '@parse3d/testing';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Stack } from '../support/stack.js';
import { phantomCtFile } from '../support/volumes.js';
import {
  accessibilityFaults,
  desktop,
  fitsItsWidth,
  PATIENCE_MS,
  phone,
  screenshot,
  withBrowser,
} from './support/browser.js';
import { LONG_MS, startRunningPage, type RunningPage } from './support/running-page.js';
import { runRecipe } from './support/recipe.js';

withBrowser('the page, while things run and fail', () => {
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
    'a running job shows its stages, goes on after a dropped connection and a reload, and is canceled',
    async () => {
      const uri = await stack.api.upload(await phantomCtFile([192, 192, 128]));
      const job = await stack.api.submit({ input: { uri }, prompts: ['target'], pack: 'slow' });
      let refusals = 0;
      await page.route('**/events', async (route) => {
        if (refusals++ === 0) await route.abort('connectionreset');
        else await route.continue();
      });
      await page.goto(`${origin}/jobs/${job.id}`);
      const progress = page.getByRole('progressbar', { name: 'Progress of the job' });
      const percent = async (): Promise<number> => Number(await progress.getAttribute('aria-valuenow'));
      const first = await percent();
      await eventually(async () => refusals > 1 && (await percent()) > first, {
        timeoutMs: PATIENCE_MS,
        what: 'progress after the drop',
      });
      await page.getByText(/^Find:/).waitFor();
      expect(await accessibilityFaults(page)).toEqual([]);
      await screenshot(page, 'running');
      const before = await percent();
      await page.reload();
      await eventually(async () => (await percent()) >= before, {
        timeoutMs: PATIENCE_MS,
        what: 'the earlier progress',
      });
      await page.setViewportSize(phone);
      expect(await fitsItsWidth(page)).toBe(true);
      await screenshot(page, 'running-phone');
      await page.setViewportSize(desktop);

      await page.getByRole('button', { name: 'Cancel' }).click();
      await page.getByText('It was canceled before it wrote anything.').waitFor();
      expect((await stack.api.job(job.id)).status).toBe('canceled');
      expect(await accessibilityFaults(page)).toEqual([]);
      await page.unroute('**/events');
    },
    LONG_MS,
  );

  test(
    'a job that fails says why, and is not offered to be run again where that would fail again',
    async () => {
      const truncated = small.subarray(0, small.length - 20);
      const uri = await stack.api.upload(truncated);
      const job = await stack.api.submit({ input: { uri }, prompts: ['bone'] });
      await page.goto(`${origin}/jobs/${job.id}`);
      await page.getByText('nifti-truncated').waitFor();
      await page.getByText('The same request will fail again.').waitFor();
      expect(await accessibilityFaults(page)).toEqual([]);
      await screenshot(page, 'failed');
      expect(await page.getByRole('button', { name: 'Run it again' }).count()).toBe(0);
      // What was asked can be asked otherwise, without a new upload.
      await page.getByRole('button', { name: 'Ask again' }).click();
      expect(await page.getByRole('combobox', { name: 'Prompt 1' }).inputValue()).toBe('bone');
      await page.getByText(uri, { exact: true }).waitFor();
    },
    LONG_MS,
  );

  test(
    'what cannot be used is refused in words: a file that is not a volume, a target that the pack does not have, an unknown job',
    async () => {
      await page.getByRole('link', { name: 'Segment', exact: true }).click();
      const files = page.getByLabel('Volume of this machine');
      await files.setInputFiles({ name: 'notes.nii', mimeType: 'text/plain', buffer: Buffer.alloc(800, 'x') });
      await page.getByRole('alert').waitFor();
      await files.setInputFiles({ name: 'phantom.nii.gz', mimeType: 'application/gzip', buffer: small });
      await page.getByText('24 × 20 × 16').waitFor();
      // Half a copy is known here, before it is sent.
      await page.getByRole('combobox', { name: 'Prompt 1' }).fill('bone');
      await page.keyboard.press('Escape');
      const send = page.getByRole('button', { name: 'Segment 1 target' });
      expect(await send.isEnabled()).toBe(true);
      const cut = small.subarray(0, small.length / 2);
      await files.setInputFiles({ name: 'cut.nii.gz', mimeType: 'application/gzip', buffer: cut });
      await page.getByRole('alert').getByText('The compressed file breaks off').waitFor();
      expect(await send.isEnabled()).toBe(false);
      await files.setInputFiles({ name: 'phantom.nii.gz', mimeType: 'application/gzip', buffer: small });
      await page.getByText('24 × 20 × 16').waitFor();
      // A CT on a pack that takes MR.
      await page.getByRole('radio', { name: 'MR' }).check();
      await page.getByText('Its values lie far below 0').waitFor();
      await page.getByRole('button', { name: /^All \d+$/ }).click();
      await page.getByRole('button', { name: 'left thalamus', exact: true }).waitFor();
      await screenshot(page, 'ct-on-mr');
      await page.getByRole('radio', { name: 'CT' }).check();
      await page.getByRole('radio', { name: 'Lung' }).check();
      await page.getByRole('combobox', { name: 'Prompt 1' }).fill('wombat');
      await page.locator('.prompt .mark').waitFor();
      await page.keyboard.press('Escape');
      await page.getByRole('button', { name: 'Segment 1 target' }).click();
      await page.getByRole('alert').getByText('prompt-unknown').waitFor();
      expect(await accessibilityFaults(page)).toEqual([]);
      await screenshot(page, 'refused');
      // A synonym is a name; a character that nobody sees is told.
      await page.getByRole('combobox', { name: 'Prompt 1' }).fill('Skeleton');
      await page.locator('.prompt .mark').waitFor({ state: 'detached' });
      await page.getByRole('combobox', { name: 'Prompt 1' }).fill('bo\u200bne');
      await page.keyboard.press('Escape');
      await page.getByRole('button', { name: 'Segment 1 target' }).click();
      await page.getByRole('alert').getByText('prompts.0: expected plain text, character 3 is U+200B').waitFor();

      await page.goto(`${origin}/somewhere/else`);
      await page.getByText('Page not found').waitFor();
      expect(await accessibilityFaults(page)).toEqual([]);
      await page.goto(`${origin}/jobs/${randomUUID()}`);
      await page.getByRole('alert').getByText('not-found').waitFor();
    },
    LONG_MS,
  );

  test(
    'the commands on the page do what the page did',
    async () => {
      const uri = await stack.api.upload(small);
      const job = await stack.api.submit({
        input: { uri },
        // Numbers of its own, so that each way has to name them.
        prompts: [
          { text: 'bone', label: 9 },
          { text: 'the lungs in chest CT', label: 4 },
        ],
        outputs: { probabilities: 'uint8' },
      });
      const done = await stack.api.ended(job.id);
      const expected = done.outputs?.find(({ name }) => name === 'labels.nii.gz')?.sha256;
      await page.goto(`${origin}/jobs/${job.id}`);
      await page.getByText('The same by curl, command line or Python').click();
      const folder = await scratchFolder('recipes');
      try {
        for (const [tab, program, labels] of [
          ['curl', 'bash', 'labels.nii.gz'],
          ['Command line', 'bash', 'found/labels.nii.gz'],
          ['Python', 'python3', 'labels.nii.gz'],
        ] as const) {
          await page.getByRole('tab', { name: tab }).click();
          const text = (await page.getByRole('tabpanel').textContent()) ?? '';
          expect(text).not.toContain(stack.api.key);
          await runRecipe(program, text, folder.path, stack.api.key);
          const written = await readFile(join(folder.path, labels));
          expect(createHash('sha256').update(written).digest('hex'), tab).toBe(expected);
          await rm(join(folder.path, labels));
        }
        // Before anything is submitted: the file has to be uploaded first.
        await page.getByRole('link', { name: 'Segment', exact: true }).click();
        const buffer = small;
        await writeFile(join(folder.path, 'my scan.nii.gz'), buffer);
        const files = page.getByLabel('Volume of this machine');
        await files.setInputFiles({ name: 'my scan.nii.gz', mimeType: 'application/gzip', buffer });
        await page.getByRole('combobox', { name: 'Prompt 1' }).fill('bone');
        await page.keyboard.press('Escape');
        await page.getByText('The same by curl, command line or Python').click();
        for (const tab of ['curl', 'Python'] as const) {
          await page.getByRole('tab', { name: tab }).click();
          const text = (await page.getByRole('tabpanel').textContent()) ?? '';
          await runRecipe(tab === 'curl' ? 'bash' : 'python3', text, folder.path, stack.api.key);
          await rm(join(folder.path, 'labels.nii.gz'));
        }
      } finally {
        await folder.remove();
      }
    },
    LONG_MS,
  );

  test(
    'two results of one volume are compared, target by target, with Dice, millilitres and where they differ',
    async () => {
      const uri = await stack.api.upload(small);
      const first = await stack.api.submit({ input: { uri }, prompts: ['bone', 'fat'], title: 'One' });
      const second = await stack.api.submit({ input: { uri }, prompts: ['Bone', 'the lungs'] });
      for (const { id } of [first, second]) await stack.api.ended(id);
      await page.goto(`${origin}/jobs/${second.id}`);
      await page.getByLabel('Compare with').selectOption({ value: first.id });
      await page.getByRole('heading', { name: 'Two results compared' }).waitFor();
      const rows = page.locator('.findings tbody tr');
      await rows.filter({ hasText: '1.000' }).waitFor();
      const cells = await rows.locator('th, td').allInnerTexts();
      const manifest = await stack.api.manifest(first.id);
      if (manifest.status !== 'completed') throw new Error(manifest.status);
      const [bone, fat] = manifest.findings.map(({ volumeMl }) => volumeMl.toFixed(volumeMl >= 1 ? 1 : 2));
      // The same pack finds the same bone; what only one asked for has no Dice.
      expect(cells).toEqual([
        ...['Bone', bone, bone, '1.000'],
        ...['the lungs', expect.stringMatching(/^[\d.]+$/), '–', '–'],
        ...['fat', '–', fat, '–'],
      ]);
      await page.locator('#crosshair').getByText('in both', { exact: true }).waitFor();
      await page.getByRole('button', { name: 'fat' }).click();
      await page.locator('#crosshair').getByText('only in the second', { exact: true }).waitFor();
      expect(await accessibilityFaults(page)).toEqual([]);
      await screenshot(page, 'compare');
      await page.setViewportSize(phone);
      await page.getByRole('button', { name: 'Light theme' }).click();
      expect(await accessibilityFaults(page)).toEqual([]);
      expect(await fitsItsWidth(page)).toBe(true);
      await screenshot(page, 'compare-phone-light');
      await page.getByRole('button', { name: 'Dark theme' }).click();
      await page.setViewportSize(desktop);
    },
    LONG_MS,
  );

  test(
    'the status page says it when Redis is away, and what was on the screen stays',
    async () => {
      await page.goto(`${origin}/status`);
      await page.getByText('feeding').waitFor();
      await stack.redis.kill();
      await page.getByText('not ready').waitFor();
      await page.getByText('Redis does not answer').first().waitFor();
      expect(await accessibilityFaults(page)).toEqual([]);
      await screenshot(page, 'status-without-redis');
      await stack.redis.restart();
      await page.getByText('feeding').waitFor();
      await page.getByText('1 slot, 0 busy').waitFor();
    },
    LONG_MS,
  );

  test('nothing was asked of another host, and the console stayed empty', () => {
    expect(running.visit.complaints).toEqual([]);
  });
});
