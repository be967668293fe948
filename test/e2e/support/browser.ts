import { existsSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { track } from '@parse3d/testing';
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';
import { describe } from 'vitest';
import { z } from 'zod';

const repository = resolve(import.meta.dirname, '../../..');
const BROWSERS = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** Nobody has to wait so long; a machine under load may. */
export const PATIENCE_MS = 30_000;

export const desktop = { width: 1280, height: 800 };
export const phone = { width: 390, height: 844 };

/** Tests in a real browser: on CI it must be there, elsewhere its absence is said in the name of what is skipped. */
export function withBrowser(name: string, tests: () => void): void {
  const reason =
    process.env['CI'] !== undefined || findBrowser() !== undefined
      ? undefined
      : 'no Chromium (apt-get install chromium, or PARSE3D_CHROMIUM=<path>)';
  if (reason === undefined) describe(name, tests);
  else describe.skip(`${name} (skipped: ${reason})`, tests);
}

function findBrowser(): string | undefined {
  const given = process.env['PARSE3D_CHROMIUM'];
  return given ?? BROWSERS.find((path) => existsSync(path));
}

export interface Chromium {
  /** A fresh profile whose page may only talk to this origin. */
  open(origin: string, options?: { viewport?: { width: number; height: number } }): Promise<Visit>;
  close(): Promise<void>;
}

/** One visitor. `complaints` gathers what a console of a careful developer should be free of. */
export interface Visit {
  readonly page: Page;
  readonly context: BrowserContext;
  /** Errors of the page, refusals of its security policy, and requests to other hosts. */
  readonly complaints: string[];
  /** Every address that was asked for. */
  readonly requests: string[];
}

/** Chromium with WebGL in software, so that the viewer draws on machines without a GPU. */
export async function startChromium(): Promise<Chromium> {
  const browser: Browser = await chromium.launch({
    executablePath: findBrowser() ?? '/usr/bin/chromium',
    args: [
      ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
      '--use-gl=angle',
      '--use-angle=swiftshader',
      '--enable-unsafe-swiftshader',
      '--ignore-gpu-blocklist',
      '--disable-dev-shm-usage',
    ],
  });
  const untrack = track('Chromium', () => browser.close());
  return {
    async open(origin, { viewport = desktop } = {}) {
      const context = await browser.newContext({ viewport, reducedMotion: 'reduce', acceptDownloads: true });
      context.setDefaultTimeout(PATIENCE_MS);
      const page = await context.newPage();
      const complaints: string[] = [];
      const requests: string[] = [];
      page.on('pageerror', (error) => complaints.push(`error: ${error.message}`));
      page.on('console', (message) => {
        // A refused request shows here too; those that a test provokes are looked at by the test.
        if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) {
          complaints.push(`console: ${message.text()}`);
        }
      });
      page.on('request', (request) => {
        const url = new URL(request.url());
        requests.push(request.url());
        if (url.protocol.startsWith('http') && url.origin !== origin) complaints.push(`request to ${url.origin}`);
      });
      return { page, context, complaints, requests };
    },
    async close() {
      await browser.close();
      untrack();
    },
  };
}

/** Keeps what the page looks like, for people: `test-artefacts/<name>.png`. */
export async function screenshot(page: Page, name: string): Promise<void> {
  const folder = join(repository, 'test-artefacts');
  await mkdir(folder, { recursive: true });
  await page.screenshot({ path: join(folder, `${name}.png`) });
}

const AxeAnswer = z.object({
  violations: z.array(
    z.object({
      id: z.string(),
      help: z.string(),
      nodes: z.array(z.object({ target: z.array(z.unknown()), failureSummary: z.string().optional() })),
    }),
  ),
});

/** What axe finds against WCAG 2.2 AA in the page as it stands, one line each. */
export async function accessibilityFaults(page: Page): Promise<string[]> {
  const source = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
  // Evaluated by the debugger: the page's own policy allows no such script.
  await page.evaluate(source);
  const answer: unknown = await page.evaluate(
    `axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] })`,
  );
  return AxeAnswer.parse(answer).violations.flatMap(({ id, help, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id}: ${help} at ${target.join(' ')} (${failureSummary ?? ''})`),
  );
}

/** True when what has the focus is seen, and not hidden under something that stays in place. */
export async function notCovered(page: Page): Promise<boolean> {
  return page.evaluate(`(() => {
    const focused = document.activeElement;
    const { left, top, width, height } = focused.getBoundingClientRect();
    const seen = document.elementFromPoint(left + width / 2, top + height / 2);
    return seen !== null && focused.contains(seen);
  })()`);
}

/** True when nothing sticks out to the side. */
export async function fitsItsWidth(page: Page): Promise<boolean> {
  return page.evaluate(
    'document.documentElement.scrollWidth <= innerWidth && document.querySelector("main").scrollWidth <= innerWidth',
  );
}
