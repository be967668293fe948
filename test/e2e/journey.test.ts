import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { gunzipSync } from 'node:zlib';
import { assertNothingLeaks, eventually } from '@parse3d/testing';
import { unzipSync } from 'fflate';
import type { Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startStack, type Stack } from '../support/stack.js';
import {
  accessibilityFaults,
  desktop,
  fitsItsWidth,
  PATIENCE_MS,
  phone,
  screenshot,
  startChromium,
  withBrowser,
  type Chromium,
  type Visit,
} from './support/browser.js';
import { partOfHead } from './support/head.js';
import { drop, expectDrawn, pixelsNear, pixelsWithHue } from './support/pixels.js';

const LONG_MS = 240_000;

withBrowser('the page, from a scan to masks', () => {
  let stack: Stack;
  let chromium: Chromium;
  let visit: Visit;
  let page: Page;
  let origin: string;
  beforeAll(async () => {
    stack = await startStack({ env: { PARSE3D_DEFAULT_PACK: 'starter-brain-mr', PARSE3D_THREADS: '2' } });
    origin = stack.api.url;
    chromium = await startChromium();
    visit = await chromium.open(origin);
    page = visit.page;
  }, LONG_MS);
  afterAll(async () => {
    await chromium.close();
    await stack.stop();
    await assertNothingLeaks();
  });

  /** Voxel under the crosshair, as the page tells it. */
  const voxel = async (): Promise<string> => (await page.locator('#crosshair dd').first().textContent()) ?? '';
  const labelled = (name: string): Locator => page.locator('#crosshair').getByText(name, { exact: true });

  test('a key is asked for, a wrong one is refused, and a link with the key signs in and leaves no trace of it', async () => {
    await page.goto(origin);
    await page.getByLabel('API key').fill('p3d_wrong');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('alert').getByText('The server does not know this key').waitFor();
    expect(await accessibilityFaults(page)).toEqual([]);
    await screenshot(page, 'sign-in');

    await page.goto('about:blank');
    await page.goto(`${origin}/#key=${stack.api.key}`);
    await page.getByText('Drop a volume here').waitFor();
    expect(page.url()).toBe(`${origin}/`);
    expect(visit.requests.filter((url) => url.includes(stack.api.key))).toEqual([]);
    expect(await accessibilityFaults(page)).toEqual([]);
    await screenshot(page, 'segment-empty');
  });

  test(
    'a scan is dropped, targets are named with completion, and the job is followed to its end through a reload',
    async () => {
      const head = await partOfHead(26, 58);
      await drop(page, 'head.nii.gz', head);
      await page.getByText(/^91 × 109 × /).waitFor();
      await expectDrawn(page);

      const first = page.getByRole('combobox', { name: 'Prompt 1' });
      await first.fill('left tha');
      await page.getByRole('option', { name: /left thalamus/ }).waitFor();
      await screenshot(page, 'segment-completion');
      await first.press('ArrowDown');
      await first.press('Enter');
      expect(await first.inputValue()).toBe('left thalamus');
      // Enter in a filled row opens the next one; several lines pasted become rows.
      await first.press('Enter');
      await page.keyboard.type('right thalamus');
      for (const target of ['lateral ventricle', 'left putamen', 'right putamen', 'hippocampas']) {
        await page.keyboard.press('Escape');
        await page.keyboard.press('Enter');
        await page.keyboard.type(target);
      }
      await page.keyboard.press('Escape');
      await page.locator('.prompt .mark').waitFor();
      await page.getByLabel('Colour of label 1').fill('#ff5533');
      await page.getByRole('button', { name: 'Single objects of prompt 4' }).click();
      await page.getByLabel('Title, if you like').fill('Pilot 3');
      await page.getByLabel('Tags, with commas').fill('pilot, baseline');
      expect(await accessibilityFaults(page)).toEqual([]);
      await screenshot(page, 'segment-ready');

      await page.getByText('The same by curl, command line or Python').click();
      await page.getByRole('tab', { name: 'Python' }).click();
      const python = (await page.getByRole('tabpanel').textContent()) ?? '';
      expect(python).toContain('"left thalamus"');
      expect(python).not.toContain(stack.api.key);

      await page.getByRole('button', { name: 'Segment 6 targets' }).click();
      await page.waitForURL(/\/jobs\/[0-9a-f-]{36}$/);
      await page.reload();
      const bar = page.getByRole('progressbar', { name: 'Progress of the job' });
      await eventually(
        async () => (await page.getByRole('heading', { name: 'Findings' }).isVisible()) || bar.isVisible(),
        {
          timeoutMs: PATIENCE_MS,
          what: 'the job to show',
        },
      );
      await screenshot(page, 'live');
      await page.getByRole('heading', { name: 'Findings' }).waitFor({ timeout: LONG_MS });
    },
    LONG_MS,
  );

  test(
    'the result shows where each target lies, in its colour, and what the manifest says of it',
    async () => {
      const jobId = page.url().split('/').at(-1) ?? '';
      const manifest = await stack.api.manifest(jobId);
      if (manifest.status !== 'completed') throw new Error(manifest.status);
      const rows = page.locator('.findings > table > tbody > tr:not(.measures)');
      expect(await rows.count()).toBe(6);
      for (const [at, finding] of manifest.findings.entries()) {
        const text = (await rows.nth(at).textContent()) ?? '';
        expect(text).toContain(finding.prompt);
        expect(text).toContain(finding.verdict);
        const measures = finding.measures === undefined ? 0 : 1;
        expect(await page.getByText(`Measures of ${finding.prompt}`).count()).toBe(measures);
        if (finding.meanProbability !== null) expect(text).toContain(finding.meanProbability.toFixed(2));
      }
      const misspelt = rows.filter({ hasText: 'hippocampas' });
      expect(await misspelt.getByText('outside').isVisible()).toBe(true);
      expect(await misspelt.getByText('did you mean hippocampus?').isVisible()).toBe(true);
      // The crosshair begins in the first target.
      await labelled('left thalamus').waitFor();
      await page.getByRole('button', { name: 'right thalamus' }).click();
      await labelled('right thalamus').waitFor();
      const putamen = manifest.findings[3];
      const largest = putamen?.instances?.objects[0];
      expect(putamen).toMatchObject({ prompt: 'left putamen', instances: { separatedBy: 'components' } });
      expect(largest?.voxels).toBeGreaterThan(0);
      await page.getByText(/^\d+ objects? of left putamen$/).click();
      await page.getByRole('button', { name: '1 of left putamen', exact: true }).click();
      await labelled('left putamen').waitFor();
      expect(await accessibilityFaults(page)).toEqual([]);
      await screenshot(page, 'look');

      // One plane is drawn much faster than four views by software.
      await page.getByRole('button', { name: 'Axial' }).click();
      const red = (): Promise<number> => pixelsNear(page, [255, 85, 51]);
      await page.getByRole('combobox', { name: 'Labels as' }).selectOption('fill');
      await page.getByLabel('Opacity of left thalamus').fill('1');
      const shown = await eventually(red, { timeoutMs: PATIENCE_MS, what: 'the left thalamus in its colour' });
      await page.getByRole('combobox', { name: 'Labels as' }).selectOption('outline');
      await eventually(async () => (await red()) < 0.8 * shown && (await red()) > 0, {
        timeoutMs: PATIENCE_MS,
        what: 'only the outline in its colour',
      });
      await page.getByLabel('Show left thalamus').uncheck();
      await eventually(async () => (await red()) === 0, {
        timeoutMs: PATIENCE_MS,
        what: 'the left thalamus to be gone',
      });
      await page.getByLabel('Show left thalamus').check();
    },
    LONG_MS,
  );

  test(
    'the keyboard moves the crosshair and chooses the view; the threshold slider changes what the probability map shows',
    async () => {
      const canvas = page.locator('canvas');
      await canvas.focus();
      const before = (await voxel()).split(', ').map(Number);
      await canvas.press('PageUp');
      await eventually(async () => (await voxel()).endsWith(`, ${(before[2] ?? 0) + 1}`), { what: 'one voxel up' });
      await canvas.press('3');
      expect(await page.getByRole('button', { name: 'Coronal' }).getAttribute('aria-pressed')).toBe('true');

      await page.getByRole('button', { name: 'Hide all' }).click();
      await page.getByLabel('Map of').selectOption({ label: 'right thalamus' });
      await page.locator('#crosshair').getByText('Probability').waitFor();
      await page.getByRole('button', { name: 'right thalamus' }).click();
      const coloured = (): Promise<number> => pixelsWithHue(page);
      const atHalf = await eventually(coloured, { timeoutMs: PATIENCE_MS, what: 'the probability map' });
      const slider = page.getByLabel('Threshold');
      expect(await slider.inputValue()).toBe('0.5');
      await slider.fill('0.95');
      await eventually(async () => (await coloured()) < atHalf, { timeoutMs: PATIENCE_MS, what: 'a smaller area' });
      await slider.fill('0.5');
      // The map alone, in ml: smaller from a higher threshold on.
      const ml = async (): Promise<number> =>
        Number(/^[\d.]+/.exec((await page.locator('strong.numbers').textContent()) ?? '')?.[0]);
      const half = await ml();
      await slider.fill('0.9');
      await eventually(async () => (await ml()) < half, { what: 'fewer millilitres' });
      const [mask] = await Promise.all([
        page.waitForEvent('download'),
        page.getByRole('button', { name: 'Download the mask at this threshold' }).click(),
      ]);
      expect(mask.suggestedFilename()).toBe('right-thalamus-from-0.90.nii.gz');
      expect(gunzipSync(await readFile(await mask.path())).length).toBe(352 + 91 * 109 * 32);
      await slider.fill('0.5');
      expect(await accessibilityFaults(page)).toEqual([]);
      await screenshot(page, 'look-probability');
    },
    LONG_MS,
  );

  test(
    'files are downloaded as the manifest lists them, and the permalink opens in another browser, on a phone, in light',
    async () => {
      const jobId = page.url().split('/').at(-1) ?? '';
      const manifest = await stack.api.manifest(jobId);
      if (manifest.status !== 'completed') throw new Error(manifest.status);
      const [download] = await Promise.all([
        page.waitForEvent('download'),
        page.getByRole('button', { name: /^labels\.nii\.gz/ }).click(),
      ]);
      const saved = await readFile(await download.path());
      const labels = manifest.outputs.find(({ name }) => name === 'labels.nii.gz');
      expect(createHash('sha256').update(saved).digest('hex')).toBe(labels?.sha256);

      const [zip] = await Promise.all([
        page.waitForEvent('download'),
        page.getByRole('button', { name: /^Everything/ }).click(),
      ]);
      expect(zip.suggestedFilename()).toMatch(/\.zip$/);
      expect(Object.keys(unzipSync(await readFile(await zip.path())))).toContain('prob-1-left-thalamus.nii.gz');

      const other = await chromium.open(origin, { viewport: phone });
      await other.page.goto(`${page.url()}#key=${stack.api.key}`);
      await other.page.locator('#crosshair').getByText('left thalamus', { exact: true }).waitFor();
      expect(await fitsItsWidth(other.page)).toBe(true);
      await screenshot(other.page, 'look-phone');
      await other.page.getByRole('button', { name: 'Light theme' }).click();
      expect(await accessibilityFaults(other.page)).toEqual([]);
      await other.page.setViewportSize(desktop);
      await screenshot(other.page, 'look-light');
      await other.page.getByRole('link', { name: 'Segment', exact: true }).click();
      await other.page.getByText('Drop a volume here').waitFor();
      expect(await accessibilityFaults(other.page)).toEqual([]);
      await other.page.setViewportSize(phone);
      expect(await fitsItsWidth(other.page)).toBe(true);
      await screenshot(other.page, 'segment-phone-light');
      expect(other.complaints).toEqual([]);
      await other.context.close();
    },
    LONG_MS,
  );

  test(
    'a new tab needs no key, a link shows this job alone to who has no key, and both end when they are told to',
    async () => {
      const permalink = page.url();
      const tab = await visit.context.newPage();
      await tab.goto(permalink);
      await tab.getByRole('heading', { name: 'Findings' }).waitFor();
      expect(
        await tab.evaluate('document.cookie + JSON.stringify(sessionStorage) + JSON.stringify(localStorage)'),
      ).not.toMatch(/p3d_|parse3d-session/);

      await page.getByRole('button', { name: 'Share…' }).click();
      await page.getByLabel('Open for').selectOption({ label: '1 day' });
      await page.getByRole('button', { name: 'Make a link' }).click();
      const address = await page.getByRole('textbox', { name: 'The link' }).inputValue();
      await page.getByRole('button', { name: /^Revoke link/ }).waitFor();
      expect(await accessibilityFaults(page)).toEqual([]);
      await screenshot(page, 'share');

      const guest = await chromium.open(origin);
      await guest.page.goto(address);
      await guest.page.locator('#crosshair').getByText('left thalamus', { exact: true }).waitFor();
      for (const name of ['Ask again…', 'Share…', 'Remove…', 'Sign out']) {
        expect(await guest.page.getByRole('button', { name }).count(), name).toBe(0);
      }
      expect(await accessibilityFaults(guest.page)).toEqual([]);
      await screenshot(guest.page, 'shared');
      expect(guest.requests.filter((url) => url.includes('p3l_') && !url.includes('#'))).toEqual([]);

      await page.getByRole('button', { name: /^Revoke link/ }).click();
      await page.getByRole('textbox', { name: 'The link' }).waitFor({ state: 'detached' });
      await page.getByRole('button', { name: 'Close' }).click();
      await guest.page.reload();
      await guest.page.getByRole('alert').getByText('This link opens nothing any more').waitFor();
      expect(await accessibilityFaults(guest.page)).toEqual([]);
      expect(guest.complaints).toEqual([]);
      await guest.context.close();

      await tab.getByRole('button', { name: 'Sign out' }).click();
      await tab.getByLabel('API key').waitFor();
      await tab.close();
      await page.reload();
      await page.getByLabel('API key').fill(stack.api.key);
      await page.getByRole('button', { name: 'Sign in' }).click();
      await page.getByRole('heading', { name: 'Findings' }).waitFor();
    },
    LONG_MS,
  );

  test('a stored volume is found again and shown; jobs and status tell what there is', async () => {
    await page.getByRole('link', { name: 'Segment', exact: true }).click();
    await page.getByRole('button', { name: 'From storage…' }).click();
    await page.getByRole('button', { name: /uploads\/default/ }).click();
    await page.getByRole('button', { name: /^[0-9a-f-]{36}\/ folder/ }).click();
    await screenshot(page, 'segment-storage');
    await page.getByRole('button', { name: /^upload [0-9a-f]{8}/ }).click();
    await page.getByText(/^91 × 109 × /).waitFor();

    await page.getByRole('link', { name: 'Jobs' }).click();
    await page.locator('.badge').getByText('completed').first().waitFor();
    const search = page.getByLabel('Search', { exact: true });
    await search.fill('wombat');
    await page.getByText('No job fits').waitFor();
    await search.fill('pilot thalamus');
    await page.getByLabel('State').selectOption('completed');
    await page.getByRole('link', { name: 'Pilot 3' }).waitFor();
    expect(await accessibilityFaults(page)).toEqual([]);
    await screenshot(page, 'jobs');
    await page.setViewportSize(phone);
    expect(await fitsItsWidth(page)).toBe(true);
    await screenshot(page, 'jobs-phone');
    await page.setViewportSize(desktop);
    await page.getByRole('link', { name: 'Status' }).click();
    await page.getByRole('region', { name: 'Workers' }).getByText('ready').waitFor();
    expect(await accessibilityFaults(page)).toEqual([]);
    await screenshot(page, 'status');
    await page.setViewportSize(phone);
    expect(await fitsItsWidth(page)).toBe(true);
    await screenshot(page, 'status-phone');
    await page.setViewportSize(desktop);
  });

  test('nothing was asked of another host, the research notice is always there, and the console stayed empty', async () => {
    await page.getByText('For research use only:').waitFor();
    expect(visit.complaints).toEqual([]);
  });
});
