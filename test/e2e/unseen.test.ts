import { execFileSync } from 'node:child_process';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readNifti } from '@parse3d/volume/formats';
import { assertNothingLeaks, eventually, scratchFolder, type ScratchFolder } from '@parse3d/testing';
import { zipSync } from 'fflate';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeWithDicomTools, writeSeries } from '../support/dicom.js';
import { PYTHON } from '../support/python.js';
import { accessibilityFaults, fitsItsWidth, PATIENCE_MS, phone, screenshot, withBrowser } from './support/browser.js';
import { countPixels, drop, expectDrawn } from './support/pixels.js';
import { runRecipe } from './support/recipe.js';
import { LONG_MS, startRunningPage, type RunningPage } from './support/running-page.js';

const NPZ = `
import sys
import numpy as np
z, y, x = np.mgrid[:24, :40, :48]
inside = ((x - 24) / 20) ** 2 + ((y - 20) / 16) ** 2 + ((z - 12) / 10) ** 2
imgs = np.where(inside < 0.3, 900, np.where(inside < 1, 60, -1000)).astype("int16")
np.savez_compressed(sys.argv[1], imgs=imgs, spacing=np.array([2.0, 2.0, 4.0]))
`;

withBrowser('volumes that the browser cannot draw', () => {
  describeWithDicomTools('on the page', () => {
    let running: RunningPage;
    let page: Page;
    let folder: ScratchFolder;
    let series: Buffer;
    beforeAll(async () => {
      folder = await scratchFolder('unseen');
      writeSeries(folder.path, [{ folder: 'series', plane: 'axial', modality: 'CT', kind: 'uint12', slices: 24 }]);
      const names = await readdir(join(folder.path, 'series'));
      const files = await Promise.all(names.map((name) => readFile(join(folder.path, 'series', name))));
      series = Buffer.from(zipSync(Object.fromEntries(names.map((name, n) => [name, files[n] ?? Buffer.alloc(0)]))));
      running = await startRunningPage();
      page = running.page;
    }, LONG_MS);
    afterAll(async () => {
      await running.close();
      await folder.remove();
      await assertNothingLeaks();
    });

    const jobId = (): string => page.url().split('/').at(-1) ?? '';

    async function segmentBone(): Promise<void> {
      await page.getByRole('combobox', { name: 'Prompt 1' }).fill('bone');
      await page.keyboard.press('Escape');
      await page.getByRole('button', { name: 'Segment 1 target' }).click();
      await page.waitForURL(/\/jobs\/[0-9a-f-]{36}$/);
      await page.getByRole('heading', { name: 'Findings' }).waitFor({ timeout: PATIENCE_MS });
    }

    test(
      'a dropped zip file of a DICOM series is said to be shown later, and is drawn with its labels when its job has run',
      async () => {
        await drop(page, 'series.zip', series);
        await page.getByText('Shown once its job has run').waitFor();
        expect(await page.getByLabel(/^The volume as NIfTI/).isChecked()).toBe(true);
        expect(await accessibilityFaults(page)).toEqual([]);
        await screenshot(page, 'segment-dicom');
        await page.setViewportSize(phone);
        expect(await fitsItsWidth(page)).toBe(true);
        await page.setViewportSize({ width: 1280, height: 800 });

        await segmentBone();
        await expectDrawn(page);
        await page.locator('#crosshair').getByText('bone', { exact: true }).waitFor();
        expect(await page.getByText('did not write its volume').count()).toBe(0);
        expect(await page.getByRole('alert').count()).toBe(0);
        expect(await accessibilityFaults(page)).toEqual([]);
        await screenshot(page, 'look-dicom');
        const { outputs } = await running.stack.api.job(jobId());
        expect(outputs?.map(({ name }) => name)).toContain('volume.nii.gz');
      },
      LONG_MS,
    );

    test(
      'its commands ask for the volume too, and bring it',
      async () => {
        await page.getByText('The same by curl, command line or Python').click();
        for (const [tab, program, at] of [
          ['curl', 'bash', ''],
          ['Command line', 'bash', 'found'],
          ['Python', 'python3', ''],
        ] as const) {
          await page.getByRole('tab', { name: tab }).click();
          const text = (await page.getByRole('tabpanel').textContent()) ?? '';
          const own = await scratchFolder('recipe');
          try {
            await runRecipe(program, text, own.path, running.stack.api.key);
            const { geometry } = await readNifti(join(own.path, at, 'volume.nii.gz'));
            expect(geometry, tab).toEqual((await readNifti(join(own.path, at, 'labels.nii.gz'))).geometry);
          } finally {
            await own.remove();
          }
        }
      },
      LONG_MS,
    );

    test(
      'without volume.nii.gz the label map is drawn alone, and without that the preview, each with its reason',
      async () => {
        const { api } = running.stack;
        const uri = await api.upload(series);
        const alone = await api.submit({ input: { uri }, prompts: ['bone'] });
        await api.ended(alone.id);
        await page.goto(`${running.origin}/jobs/${alone.id}`);
        await page.getByText('You see the label map alone.').waitFor();
        await page.locator('#crosshair').getByText('bone', { exact: true }).waitFor();
        await eventually(async () => (await countPixels(page, (red) => red > 120)) > 500, {
          timeoutMs: PATIENCE_MS,
          what: 'the label map to be drawn',
        });
        expect(await page.getByRole('alert').count()).toBe(0);
        expect(await accessibilityFaults(page)).toEqual([]);
        await screenshot(page, 'look-labels-alone');

        const bare = await api.submit({ input: { uri }, prompts: ['bone'], outputs: { labels: false } });
        await api.ended(bare.id);
        await page.goto(`${running.origin}/jobs/${bare.id}`);
        await page.getByText('You see the preview.').waitFor();
        const preview = page.getByRole('img', { name: 'Preview of the result' });
        await preview.waitFor();
        expect(await preview.evaluate((image) => Number(Reflect.get(image, 'naturalWidth')))).toBeGreaterThan(200);
        expect(await accessibilityFaults(page)).toEqual([]);
        await screenshot(page, 'look-preview');
      },
      LONG_MS,
    );

    test(
      'an .npz file under another name is known by its bytes, and is drawn when its job has run',
      async () => {
        const path = join(folder.path, 'ct.npz');
        await writeFile(path, '');
        execFileSync(PYTHON, ['-c', NPZ, path]);
        await page.goto(running.origin);
        await page.getByLabel('Volume of this machine').setInputFiles({
          name: 'scan.nii',
          mimeType: 'application/octet-stream',
          buffer: await readFile(path),
        });
        await page.getByText('Shown once its job has run').waitFor();
        await segmentBone();
        await expectDrawn(page);
        await screenshot(page, 'look-npz');
      },
      LONG_MS,
    );

    test('nothing was asked of another host, and the console stayed empty', () => {
      expect(running.visit.complaints).toEqual([]);
    });
  });
});
