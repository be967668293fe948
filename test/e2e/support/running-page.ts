import { scratchFolder } from '@parse3d/testing';
import type { Page } from 'playwright-core';
import { writeSlowPack } from '../../support/slow-pack.js';
import { startStack, type Stack } from '../../support/stack.js';
import { startChromium, type Visit } from './browser.js';

/** How long a test of the page may take. Unit: ms */
export const LONG_MS = 240_000;

/** The whole service with a signed-in visitor on the first page. */
export interface RunningPage {
  readonly stack: Stack;
  readonly origin: string;
  readonly visit: Visit;
  readonly page: Page;
  close(): Promise<void>;
}

/** Besides the repository's packs there is `slow`, with many short runs: progress to see, and time to act. */
export async function startRunningPage(): Promise<RunningPage> {
  const packs = await scratchFolder('packs');
  await writeSlowPack(packs.path, 'slow', { tile: 16, layers: 4 });
  const stack = await startStack({ packs: [packs.path], env: { PARSE3D_RECONCILE_EVERY: '1s' } });
  const origin = stack.api.url;
  const chromium = await startChromium();
  const visit = await chromium.open(origin);
  const { page } = visit;
  await page.goto(`${origin}/#key=${stack.api.key}`);
  await page.getByText('Drop a volume here').waitFor();
  return {
    stack,
    origin,
    visit,
    page,
    async close() {
      await chromium.close();
      await stack.stop();
      await packs.remove();
    },
  };
}
