import { eventually } from '@parse3d/testing';
import type { Page } from 'playwright-core';
import { PNG } from 'pngjs';
import { PATIENCE_MS } from './browser.js';

/** Drops a file on the image, as a hand does. */
export async function drop(page: Page, name: string, content: Buffer): Promise<void> {
  const transfer = await page.evaluateHandle(`(() => {
    const bytes = Uint8Array.from(atob(${JSON.stringify(content.toString('base64'))}), (character) => character.charCodeAt(0));
    const data = new DataTransfer();
    data.items.add(new File([bytes], ${JSON.stringify(name)}));
    return data;
  })()`);
  await page.dispatchEvent('.stage', 'dragover', { dataTransfer: transfer });
  await page.dispatchEvent('.stage', 'drop', { dataTransfer: transfer });
}

/** Drops files and folders of this machine on the image; the browser walks through them itself. */
export async function dropPaths(page: Page, paths: readonly string[]): Promise<void> {
  const { x, y, width, height } = (await page.locator('.stage').boundingBox()) ?? { x: 0, y: 0, width: 0, height: 0 };
  const devtools = await page.context().newCDPSession(page);
  for (const type of ['dragEnter', 'dragOver', 'drop'] as const) {
    await devtools.send('Input.dispatchDragEvent', {
      type,
      x: x + width / 2,
      y: y + height / 2,
      data: { items: [], files: [...paths], dragOperationsMask: 1 },
    });
  }
  await devtools.detach();
}

async function picture3d(page: Page): Promise<PNG> {
  return PNG.sync.read(await page.locator('canvas').screenshot());
}

/** How many pixels of the viewer satisfy something. */
export async function countPixels(
  page: Page,
  wanted: (red: number, green: number, blue: number) => boolean,
): Promise<number> {
  const { data } = await picture3d(page);
  let count = 0;
  for (let at = 0; at < data.length; at += 4) {
    if (wanted(data[at] ?? 0, data[at + 1] ?? 0, data[at + 2] ?? 0)) count++;
  }
  return count;
}

export const pixelsNear = (page: Page, [r, g, b]: readonly [number, number, number]): Promise<number> =>
  countPixels(page, (red, green, blue) => Math.hypot(red - r, green - g, blue - b) < 24);

/** Pixels that are not grey, the crosshair's hue aside. */
export const pixelsWithHue = (page: Page): Promise<number> =>
  countPixels(page, (red, green, blue) => red > 150 && green > 120 && red - blue > 60);

/** Waits until a volume is drawn in grey. */
export async function expectDrawn(page: Page): Promise<void> {
  await eventually(
    async () => (await countPixels(page, (red, green) => red > 100 && Math.abs(red - green) < 8)) > 2_000,
    {
      timeoutMs: PATIENCE_MS,
      what: 'the volume to be drawn',
    },
  );
}
