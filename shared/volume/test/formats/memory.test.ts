import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { openNiftiWriter } from '../../src/formats/index.js';
import { makeGeometry } from '../../src/geometry/index.js';
import { temporaryFolder } from './temporary.js';

const LIBRARY = new URL('../../dist/formats/index.js', import.meta.url);
const CHILD = fileURLToPath(new URL('memory-child.mjs', import.meta.url));

describe.runIf(process.platform === 'linux')('reading a 512×512×600 int16 .nii.gz', () => {
  const folder = temporaryFolder();

  test('takes at most 1.35 times its raw size', async () => {
    if (!existsSync(LIBRARY)) expect.fail('the child runs the built library: run `npx tsc -b shared/volume` first');
    const path = join(folder, 'large.nii.gz');
    const geometry = makeGeometry([512, 512, 600], [0.8, 0, 0, 0, 0, 0.8, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]);
    const writer = await openNiftiWriter(path, { geometry, datatype: 'int16', gzipLevel: 1 });
    // Rows that repeat within deflate's window keep the writing short; the reader inflates every byte all the same.
    const slice = Int16Array.from({ length: 512 * 512 }, (_, n) => ((n % 512) * 37) % 2000);
    let expectedSum = 0;
    for (let k = 0; k < 600; k += 1) {
      slice[k] = -k;
      await writer.write(slice);
      for (let n = 0; n < slice.length; n += 1) expectedSum += slice[n] ?? 0;
    }
    await writer.close();

    const output = execFileSync(process.execPath, [CHILD, LIBRARY.href, path], { encoding: 'utf8' });
    const { before, peak, raw, sum, type } = JSON.parse(output) as Record<string, number | string>;
    expect([raw, sum, type]).toEqual([512 * 512 * 600 * 2, expectedSum, 'Int16Array']);
    expect((Number(peak) - Number(before)) / Number(raw)).toBeLessThanOrEqual(1.35);
  });
});
