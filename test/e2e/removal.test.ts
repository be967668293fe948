import { assertNothingLeaks } from '@parse3d/testing';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { endedBatch, submitBatch } from '../support/batches.js';
import { phantomCtFile } from '../support/volumes.js';
import { accessibilityFaults, fitsItsWidth, phone, screenshot, withBrowser } from './support/browser.js';
import { LONG_MS, startRunningPage, type RunningPage } from './support/running-page.js';

withBrowser('removal on the page', () => {
  let running: RunningPage;
  let page: Page;
  beforeAll(async () => {
    running = await startRunningPage();
    ({ page } = running);
  }, LONG_MS);
  afterAll(async () => {
    await running.close();
    await assertNothingLeaks();
  });

  test(
    'a job and a batch are removed after a question, which can be answered with no',
    async () => {
      const { api } = running.stack;
      const uri = await api.upload(await phantomCtFile([24, 20, 16]));
      const { id } = await api.submit({ input: { uri }, prompts: ['bone'] });
      await api.ended(id);
      const batch = await submitBatch(api, { source: { kind: 'items', items: [{ uri }] }, prompts: ['fat'] });
      await endedBatch(api, batch.id);
      for (const [kind, path] of [
        ['job', `jobs/${id}`],
        ['batch', `batches/${batch.id}`],
      ] as const) {
        await page.goto(`${running.origin}/${path}`);
        await page.getByRole('button', { name: 'Remove…' }).click();
        const question = page.getByRole('dialog', { name: `Remove this ${kind}?` });
        await question.waitFor();
        expect(await accessibilityFaults(page)).toEqual([]);
        await screenshot(page, `remove-${kind}`);
        await question.getByRole('button', { name: 'Keep it' }).click();
        await question.waitFor({ state: 'hidden' });
        expect((await api.send('GET', `/v1/${path}`)).status).toBe(200);
        await page.getByRole('button', { name: 'Remove…' }).click();
        await question.getByRole('button', { name: 'Remove for good' }).click();
        await page.waitForURL(new RegExp(`/${path.split('/')[0] ?? ''}$`));
        expect((await api.send('GET', `/v1/${path}`)).status).toBe(410);
      }
      await page.goto(`${running.origin}/jobs/${id}`);
      await page.getByText('Removed by its owner').waitFor();
      await page.goto(`${running.origin}/status`);
      await page.getByText('by your tenant, without a quota').waitFor();
      await page.setViewportSize(phone);
      expect(await fitsItsWidth(page)).toBe(true);
      expect(running.visit.complaints).toEqual([]);
    },
    LONG_MS,
  );
});
