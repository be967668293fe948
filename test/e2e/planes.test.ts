import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { assertNothingLeaks, eventually } from '@parse3d/testing';
import { writeNifti } from '@parse3d/volume/formats';
import { makeGeometry, type Affine } from '@parse3d/volume/geometry';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startStack, type Stack } from '../support/stack.js';
import {
  desktop,
  PATIENCE_MS,
  phone,
  screenshot,
  startChromium,
  withBrowser,
  type Chromium,
} from './support/browser.js';
import { countPixels, pixelsNear } from './support/pixels.js';

const LONG_MS = 240_000;
const SIDE = 48;

/** Ways to store a cube of 48³ voxels of 2 mm: rows of the affine. */
const stored: Record<string, Affine> = {
  RAS: [2, 0, 0, -47, 0, 2, 0, -47, 0, 0, 2, -47, 0, 0, 0, 1],
  LIA: [-2, 0, 0, 47, 0, 0, 2, -47, 0, -2, 0, 47, 0, 0, 0, 1],
  // LIA turned by 20° about the first axis and 15° about the third.
  oblique: oblique(),
};

function oblique(): Affine {
  const [a, c] = [(20 * Math.PI) / 180, (15 * Math.PI) / 180];
  const turned = ([x, y, z]: readonly [number, number, number]): readonly number[] => {
    const [y1, z1] = [y * Math.cos(a) - z * Math.sin(a), y * Math.sin(a) + z * Math.cos(a)];
    return [x * Math.cos(c) - y1 * Math.sin(c), x * Math.sin(c) + y1 * Math.cos(c), z1];
  };
  const [i, j, k] = [turned([-2, 0, 0]), turned([0, 0, -2]), turned([0, 2, 0])];
  const at = (row: number): [number, number, number, number] => {
    const [x = 0, y = 0, z = 0] = [i[row], j[row], k[row]];
    return [x, y, z, (-(x + y + z) * (SIDE - 1)) / 2];
  };
  return [...at(0), ...at(1), ...at(2), 0, 0, 0, 1];
}

/** A ball of bone in a ball of muscle in air, in Hounsfield units: the same in every direction. */
async function ball(affine: Affine): Promise<Buffer> {
  const voxels = new Int16Array(SIDE ** 3);
  const middle = (SIDE - 1) / 2;
  for (let at = 0; at < voxels.length; at++) {
    const [i, j, k] = [at % SIDE, Math.floor(at / SIDE) % SIDE, Math.floor(at / SIDE ** 2)];
    const radius = Math.hypot(i - middle, j - middle, k - middle);
    voxels[at] = radius < 11 ? 700 : radius < 20 ? 45 : -1000;
  }
  const folder = await mkdtemp(join(tmpdir(), 'parse3d-ball-'));
  try {
    const path = join(folder, 'ball.nii.gz');
    await writeNifti(path, { geometry: makeGeometry([SIDE, SIDE, SIDE], affine), datatype: 'int16' }, voxels);
    return await readFile(path);
  } finally {
    await rm(folder, { recursive: true });
  }
}

const allInside = `(() => {
  const stage = document.querySelector('.viewer-stage').getBoundingClientRect();
  return [...document.querySelectorAll('.letters span')].every((span) => {
    const { left, right, top, bottom } = span.getBoundingClientRect();
    return left >= stage.left && right <= stage.right && top >= stage.top && bottom <= stage.bottom;
  });
})()`;

const COLOUR = [255, 51, 170] as const;

withBrowser('the planes of the page', () => {
  let stack: Stack;
  let chromium: Chromium;
  let page: Page;
  beforeAll(async () => {
    stack = await startStack();
    chromium = await startChromium();
    ({ page } = await chromium.open(stack.api.url));
    await page.goto(`${stack.api.url}/#key=${stack.api.key}`);
    await page.getByText('Drop a volume here').waitFor();
  }, LONG_MS);
  afterAll(async () => {
    await chromium.close();
    await stack.stop();
    await assertNothingLeaks();
  });

  const coloured = (): Promise<number> => pixelsNear(page, COLOUR);
  const settled = async (what: string, holds: (count: number) => boolean): Promise<number> => {
    let last = 0;
    await eventually(async () => holds((last = await coloured())), { timeoutMs: PATIENCE_MS, what });
    return last;
  };

  /** The page of a job on a ball, with its labels over it, one plane at a time, in a colour of its own. */
  const lookAt = async (affine: Affine, prompts: string[]): Promise<void> => {
    const uri = await stack.api.upload(await ball(affine));
    const job = await stack.api.submit({ input: { uri }, prompts, outputs: {}, metadata: { 'colour.1': '#ff33aa' } });
    expect((await stack.api.ended(job.id)).status).toBe('completed');
    await page.goto(`${stack.api.url}/jobs/${job.id}`);
    await page
      .locator('#crosshair')
      .getByText(prompts[0] ?? '', { exact: true })
      .waitFor();
  };

  /** The voxel under the crosshair is the file's own: by its affine it lies where the page says, in mm. */
  const voxelIsOfFile = async (affine: Affine): Promise<void> => {
    const numbers = async (at: number): Promise<number[]> =>
      ((await page.locator('#crosshair dd').nth(at).textContent()) ?? '').split(', ').map(Number);
    const [[i = 0, j = 0, k = 0], mm] = [await numbers(0), await numbers(1)];
    for (const [row, value] of mm.entries()) {
      const [a = 0, b = 0, c = 0, d = 0] = affine.slice(4 * row, 4 * row + 4);
      expect(Math.abs(a * i + b * j + c * k + d - value)).toBeLessThan(0.2);
    }
  };

  test.each(Object.keys(stored))(
    'stored as %s, a ball has the same closed outline in all three planes, and nothing else of it is coloured',
    async (name) => {
      await lookAt(stored[name] ?? oblique(), ['bone']);
      await voxelIsOfFile(stored[name] ?? oblique());
      await page.getByLabel('Opacity of bone').fill('1');
      const counts: { fill: number; outline: number }[] = [];
      for (const plane of ['Axial', 'Coronal', 'Sagittal']) {
        await page.getByRole('combobox', { name: 'Labels as' }).selectOption('fill');
        await page.getByRole('button', { name: plane }).click();
        const fill = await settled(`${plane} filled`, (count) => count > 10_000);
        await page.getByRole('combobox', { name: 'Labels as' }).selectOption('outline');
        const outline = await settled(`${plane} in outline`, (count) => count > 0 && count < fill / 4);
        counts.push({ fill, outline });
      }
      await screenshot(page, `outline-${name}`);
      const [first, ...others] = counts;
      for (const { fill, outline } of others) {
        expect(fill / (first?.fill ?? 0)).toBeCloseTo(1, 1);
        expect(outline / (first?.outline ?? 0)).toBeCloseTo(1, 1);
      }
      await page.getByLabel('Opacity of bone').fill('0');
      await settled('opacity 0', (count) => count === 0);
    },
    LONG_MS,
  );

  test(
    'in 3D a target is seen through the one around it until that is made opaque, and outlines change nothing there',
    async () => {
      await lookAt(oblique(), ['bone', 'soft tissue']);
      const reddish = (): Promise<number> =>
        countPixels(page, (red, green, blue) => red > 90 && red - green > 40 && blue - green > 20);
      await page.getByRole('button', { name: '3D' }).click();
      const seen = await eventually(reddish, { timeoutMs: PATIENCE_MS, what: 'the inner target in 3D' });
      await screenshot(page, 'solid-inner');
      await page.getByRole('combobox', { name: 'Labels as' }).selectOption('outline');
      await eventually(async () => Math.abs((await reddish()) - seen) < 0.1 * seen, {
        timeoutMs: PATIENCE_MS,
        what: 'no difference between outline and fill in 3D',
      });
      await page.getByLabel('Colour of soft tissue').fill('#00c040');
      await page.getByLabel('Opacity of soft tissue').fill('1');
      await eventually(async () => (await reddish()) < 0.1 * seen, {
        timeoutMs: PATIENCE_MS,
        what: 'an opaque target around it',
      });
    },
    LONG_MS,
  );

  test(
    'letters stand inside all four edges of every plane, by one convention that the browser remembers',
    async () => {
      await lookAt(stored['LIA'] ?? oblique(), ['bone']);
      const letters = (plane: string): Promise<string[]> =>
        page.locator(`[data-plane=${plane}] span`).allTextContents();
      const convention = page.getByRole('combobox', { name: 'Left and right' });
      expect(await convention.inputValue()).toBe('radiological');
      for (const size of [desktop, phone]) {
        await page.setViewportSize(size);
        for (const view of ['Multi', 'Axial', 'Coronal', 'Sagittal']) {
          await page.getByRole('button', { name: view }).click();
          const planes = view === 'Multi' ? 3 : 1;
          await eventually(async () => (await page.locator('.letters span').count()) === 4 * planes, {
            timeoutMs: PATIENCE_MS,
            what: `letters in ${view}`,
          });
          // The planes move with the window, a frame later.
          await eventually(() => page.evaluate(allInside), {
            timeoutMs: PATIENCE_MS,
            what: `no clipped letter in ${view}`,
          });
        }
      }
      await page.setViewportSize(desktop);
      await page.getByRole('button', { name: 'Multi' }).click();
      await eventually(async () => (await page.locator('.letters span').count()) === 12, { what: 'three planes' });
      expect(await letters('axial')).toEqual(['R', 'L', 'A', 'P']);
      expect(await letters('coronal')).toEqual(['R', 'L', 'S', 'I']);
      expect(await letters('sagittal')).toEqual(['A', 'P', 'S', 'I']);
      await convention.selectOption('neurological');
      expect(await letters('axial')).toEqual(['L', 'R', 'A', 'P']);
      await page.reload();
      await page.locator('[data-plane=coronal]').waitFor();
      expect(await letters('coronal')).toEqual(['L', 'R', 'S', 'I']);
      expect(await convention.inputValue()).toBe('neurological');
    },
    LONG_MS,
  );
});
