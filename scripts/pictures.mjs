// Makes every picture of README and docs from what the demonstration finds: `npm run pictures`, about three minutes.
//
// It needs Chromium, and ffmpeg for the animation. The volume is the one that `npm run demo` fetches and keeps.
import { execFileSync, spawn } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { readNifti, writeNifti } from '@parse3d/volume/formats';
import { makeGeometry, resample } from '@parse3d/volume/geometry';
import { chromium } from 'playwright-core';

/** The grid turned about its middle: about the left-right axis, and half as far about the vertical one. */
function turned(geometry, angle) {
  const { affine, shape } = geometry;
  const [x, z] = [angle, angle / 2];
  const rows = [
    [Math.cos(z), -Math.sin(z) * Math.cos(x), Math.sin(z) * Math.sin(x)],
    [Math.sin(z), Math.cos(z) * Math.cos(x), -Math.cos(z) * Math.sin(x)],
    [0, Math.sin(x), Math.cos(x)],
  ];
  const middle = shape.map((length) => (length - 1) / 2);
  const at = (row) => middle.reduce((sum, value, axis) => sum + value * affine[row * 4 + axis], affine[row * 4 + 3]);
  const linear = rows.map((row) =>
    [0, 1, 2].map((axis) => row.reduce((sum, r, k) => sum + r * affine[k * 4 + axis], 0)),
  );
  const offset = linear.map((row, n) => at(n) - row.reduce((sum, value, axis) => sum + value * middle[axis], 0));
  return makeGeometry(shape, [...linear[0], offset[0], ...linear[1], offset[1], ...linear[2], offset[2], 0, 0, 0, 1]);
}

const root = resolve(import.meta.dirname, '..');
const images = join(root, 'docs/images');
const work = mkdtempSync(join(tmpdir(), 'parse3d-pictures-'));
const cli = (...args) =>
  execFileSync(process.execPath, [join(root, 'cli/bin/parse3d.js'), ...args], { stdio: 'inherit' });

const PROMPTS = [
  'left thalamus',
  'right thalamus',
  'lateral ventricle',
  'left hippocampus',
  'right hippocampus',
].concat(['left putamen', 'right putamen', 'brainstem', 'cerebellum', 'cerebral cortex', 'cerebral white matter']);

cli('demo', '--dir', join(work, 'demo'));
copyFileSync(join(work, 'demo/results/preview.png'), join(images, 'demo.png'));
const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'parse3d');
const head = readdirSync(cache).find((name) => name.endsWith('-sample_image.nii.gz'));
if (head === undefined) throw new Error(`the demonstration kept no sample head in ${cache}`);

const dir = join(work, 'up');
const up = spawn(process.execPath, [join(root, 'cli/bin/parse3d.js'), 'up', '--dir', dir, '--port', '0'], {
  stdio: 'pipe',
});
const browserAt = ['/usr/bin/chromium', '/usr/bin/google-chrome'].find((path) => existsSync(path));
const browser = await chromium.launch({
  executablePath: process.env.PARSE3D_CHROMIUM ?? browserAt,
  args: [
    '--no-sandbox',
    '--use-gl=angle',
    '--use-angle=swiftshader',
    '--enable-unsafe-swiftshader',
    '--ignore-gpu-blocklist',
  ],
});
try {
  await new Promise((done, failed) => {
    up.stdout.on('data', (text) => String(text).includes('parse3d is up') && done());
    up.once('exit', () => failed(new Error('the service did not start')));
  });
  const { url, key } = JSON.parse(readFileSync(join(dir, 'credentials.json'), 'utf8'));
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  context.setDefaultTimeout(120_000);
  const page = await context.newPage();
  const shot = (name) => page.screenshot({ path: join(images, `${name}.png`) });
  const frames = join(work, 'frames');
  mkdirSync(frames);
  let count = 0;
  /** A frame of the animation, shown for so many tenths of a second. */
  const frame = async (tenths = 1) => {
    const picture = await page.screenshot({ path: join(frames, `${String(count++).padStart(4, '0')}.png`) });
    for (let more = 1; more < tenths; more++) {
      copyFileSync(
        join(frames, `${String(count - 1).padStart(4, '0')}.png`),
        join(frames, `${String(count).padStart(4, '0')}.png`),
      );
      count++;
    }
    return picture;
  };

  await page.goto(`${url}/#key=${key}`);
  await page.getByText('Drop a volume here').waitFor();
  await page.getByLabel('Volume of this machine').setInputFiles(join(cache, head));
  await page.getByText(/^161 × 191 × /).waitFor();
  await page.waitForTimeout(3_000);
  await frame(6);
  for (const [at, prompt] of PROMPTS.entries()) {
    const box = page.getByRole('combobox', { name: `Prompt ${at + 1}` });
    if (at === 0) {
      for (let typed = 2; typed <= prompt.length; typed += 4) {
        await box.fill(prompt.slice(0, typed));
        await page.waitForTimeout(250);
        await frame(2);
      }
    }
    await box.fill(prompt);
    await page.keyboard.press('Escape');
    await frame(2);
    if (at < PROMPTS.length - 1) await box.press('Enter');
  }
  await page.getByRole('button', { name: `Segment ${PROMPTS.length} targets` }).click();
  await page.getByRole('progressbar', { name: 'Progress of the job' }).waitFor();
  const found = page.getByRole('heading', { name: 'Findings' });
  let last = '';
  while (!(await found.isVisible())) {
    const now = await page
      .locator('.live-line .numbers')
      .textContent()
      .catch(() => '');
    if (now !== last) await frame(2);
    last = now ?? '';
    await page.waitForTimeout(300);
  }
  await page.locator('#crosshair').getByText('left thalamus', { exact: true }).waitFor();
  await page.waitForTimeout(4_000);
  await frame(15);
  await shot('page');
  await page.getByRole('button', { name: '3D' }).click();
  await page.waitForTimeout(3_000);
  await shot('page-3d');
  await frame(15);
  execFileSync('ffmpeg', [
    ...['-loglevel', 'error', '-y', '-framerate', '10', '-i', join(frames, '%04d.png')],
    ...['-vf', 'scale=960:-1:flags=lanczos,split[a][b];[a]palettegen=max_colors=96[p];[b][p]paletteuse=dither=none'],
    join(images, 'page.gif'),
  ]);

  // A batch of six: the one head turned six ways, so that every volume is one of its own.
  const bucket = join(dir, 'storage/scans');
  mkdirSync(bucket, { recursive: true });
  const volume = await readNifti(join(cache, head));
  for (let at = 0; at < 6; at++) {
    const geometry = turned(volume.geometry, ((at - 2) * 6 * Math.PI) / 180);
    const moved = resample(volume, geometry, 'linear');
    const path = join(bucket, `sub-${String(at + 1).padStart(2, '0')}_T1w.nii.gz`);
    await writeNifti(path, { geometry, datatype: 'uint8' }, Uint8Array.from(moved.data, Math.round));
  }
  const credentials = ['--dir', dir];
  cli(
    'submit',
    'local://scans/',
    ...credentials,
    '--name',
    'six heads',
    ...PROMPTS.slice(0, 9).flatMap((text) => ['--prompt', text]),
    '--watch',
  );
  const batches = await (await fetch(`${url}/v1/batches`, { headers: { Authorization: `Bearer ${key}` } })).json();
  await page.goto(`${url}/batches/${batches.batches[0].id}#key=${key}`);
  await page.locator('.sheet img').nth(5).waitFor();
  await page.waitForTimeout(2_000);
  await shot('batch');
} finally {
  await browser.close();
  up.kill('SIGTERM');
  await new Promise((done) => up.once('exit', done));
  rmSync(work, { recursive: true, force: true });
}
