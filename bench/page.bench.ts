import { afterAll, test } from 'vitest';
import { assertNothingLeaks, eventually } from '@parse3d/testing';
import type { CDPSession, Page } from 'playwright-core';
import { startStack } from '../test/support/stack.js';
import { desktop, startChromium, type Chromium } from '../test/e2e/support/browser.js';
import { heading, quantile, row } from './support.js';

// What Lighthouse measures, on the built page: bytes over the wire, first contentful paint, the end of the last long task
// (time to interactive) and how long tasks blocked the main thread until then.
const rounds = Number(process.env['PARSE3D_BENCH_ROUNDS'] ?? 5);
/** Quiet time after which the page counts as interactive. Unit: ms. */
const QUIET_MS = 5_000;

afterAll(assertNothingLeaks);

interface Figures {
  readonly bytes: number;
  readonly requests: number;
  readonly paintMs: number;
  readonly interactiveMs: number;
  readonly blockedMs: number;
}

/** Slow 4G and a phone's processor, with the factors of Lighthouse's mobile setting. */
async function throttle(session: CDPSession): Promise<void> {
  await session.send('Emulation.setCPUThrottlingRate', { rate: 4 });
  await session.send('Network.emulateNetworkConditions', {
    offline: false,
    latency: 150,
    downloadThroughput: (1.6 * 1024 * 1024) / 8,
    uploadThroughput: (0.75 * 1024 * 1024) / 8,
  });
}

/** A first visit with an empty cache, up to the empty Segment page. */
async function visit(chromium: Chromium, url: string, key: string, slow: boolean): Promise<Figures> {
  const { page, context } = await chromium.open(url, { viewport: desktop });
  const session = await context.newCDPSession(page);
  await session.send('Network.enable');
  let bytes = 0;
  let requests = 0;
  let counting = true;
  session.on('Network.loadingFinished', ({ encodedDataLength }) => {
    if (!counting) return;
    bytes += encodedDataLength;
    requests++;
  });
  if (slow) await throttle(session);
  await page.addInitScript(
    `window.longTasks = []; new PerformanceObserver((list) => window.longTasks.push(...list.getEntries().map((task) => [task.startTime, task.duration]))).observe({ type: 'longtask', buffered: true })`,
  );
  await page.goto(`${url}/#key=${key}`);
  await page.getByText('Drop a volume here').waitFor();
  // The viewer's code is fetched ahead later, when nothing else is to be done.
  counting = false;
  await quiet(page);
  const [paintMs, tasks] = await page.evaluate<[number, [number, number][]]>(
    `[performance.getEntriesByName('first-contentful-paint')[0].startTime, window.longTasks]`,
  );
  const ends = tasks.map(([start, duration]) => start + duration);
  await context.close();
  return {
    bytes,
    requests,
    paintMs,
    interactiveMs: Math.max(paintMs, ...ends),
    blockedMs: tasks.reduce((sum, [, duration]) => sum + duration - 50, 0),
  };
}

/** Waits until no task was long for a while. */
async function quiet(page: Page): Promise<void> {
  const sinceTask = `performance.now() - Math.max(0, ...window.longTasks.map(([start, duration]) => start + duration))`;
  await eventually(async () => Number(await page.evaluate(sinceTask)) > QUIET_MS, {
    timeoutMs: 120_000,
    everyMs: 250,
    what: 'the page to be quiet',
  });
}

test('the first visit to the page', async () => {
  process.stdout.write(`\n${heading('the page')}\n`);
  const stack = await startStack({ workers: 0, env: { PARSE3D_LOG_LEVEL: 'error' } });
  const chromium = await startChromium();
  try {
    await visit(chromium, stack.api.url, stack.api.key, false);
    for (const slow of [false, true]) {
      const seen: Figures[] = [];
      for (let round = 0; round < rounds; round++) {
        seen.push(await visit(chromium, stack.api.url, stack.api.key, slow));
      }
      const median = (of: (figures: Figures) => number): number => quantile(seen.map(of), 0.5);
      const name = slow ? 'slow 4G, processor at a quarter' : 'this machine, no throttling';
      row(`${name}: over the wire, kB`, (median(({ bytes }) => bytes) / 1000).toFixed(1));
      row(`${name}: requests`, String(median(({ requests }) => requests)));
      row(`${name}: first contentful paint, ms`, median(({ paintMs }) => paintMs).toFixed(0));
      row(`${name}: interactive, ms`, median(({ interactiveMs }) => interactiveMs).toFixed(0));
      row(`${name}: main thread blocked, ms`, median(({ blockedMs }) => blockedMs).toFixed(0));
    }
  } finally {
    await chromium.close();
    await stack.stop();
  }
});
