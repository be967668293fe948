// Reads every DICOM series below a folder by parse3d and by dcm2niix, and prints a table: affine and voxels side by side.
//
// usage: node scripts/dicom-beside-dcm2niix.mjs FOLDER… [--json FILE]
//
// A series is what lies in one folder and has one SeriesInstanceUID. dcm2niix runs with `-x i -p n`: it keeps the order of
// the images then, and takes Philips' RescaleSlope as the standard says. A series of several volumes is read volume by
// volume (the first forty), each compared with the volume of dcm2niix that is nearest to it.

import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { isProblem } from '@parse3d/contract/problems';
import { isDicom, readVolume } from '@parse3d/volume/formats';

const dicomParser = createRequire(new URL('../shared/volume/package.json', import.meta.url))('dicom-parser');
const MOST_VOLUMES = 40;
/** Bytes and reader of NIfTI's datatypes. */
const READERS = {
  2: [1, 'getUint8'],
  4: [2, 'getInt16'],
  8: [4, 'getInt32'],
  16: [4, 'getFloat32'],
  64: [8, 'getFloat64'],
  256: [1, 'getInt8'],
  512: [2, 'getUint16'],
  768: [4, 'getUint32'],
};

const args = process.argv.slice(2);
const at = args.indexOf('--json');
const json = at < 0 ? undefined : args.splice(at, 2)[1];
if (args.length === 0) throw new Error('usage: node scripts/dicom-beside-dcm2niix.mjs FOLDER… [--json FILE]');

const work = mkdtempSync(join(tmpdir(), 'parse3d-dicom-'));
const rows = [];
try {
  for (const folder of args) {
    for (const series of seriesBelow(folder)) {
      const row = await compare(folder, series);
      rows.push(row);
      console.log(line(row));
    }
  }
} finally {
  rmSync(work, { recursive: true, force: true });
}
tell(rows);
if (json !== undefined) writeFileSync(json, `${JSON.stringify(rows, null, 1)}\n`);

function seriesBelow(root) {
  const found = new Map();
  for (const entry of readdirSync(root, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const bytes = readFileSync(path);
    if (!isDicom(bytes)) continue;
    let set;
    try {
      set = dicomParser.parseDicom(bytes, { untilTag: 'x7fe00010' });
    } catch {
      continue;
    }
    if (set.elements.x00280010 === undefined) continue;
    const key = `${entry.parentPath} ${set.string('x0020000e')}`;
    const series = found.get(key) ?? { folder: entry.parentPath, number: set.string('x00200011') ?? '?', files: [] };
    series.modality = set.string('x00080060') ?? '?';
    series.vendor = (set.string('x00080070') ?? '?').split(' ')[0];
    series.frames = Number(set.string('x00280008') ?? 1);
    series.files.push(path);
    found.set(key, series);
  }
  return [...found.values()].toSorted((a, b) => (a.folder + a.number < b.folder + b.number ? -1 : 1));
}

async function compare(root, { folder, number, modality, vendor, frames, files }) {
  const place = mkdtempSync(join(work, 's'));
  const [input, output] = [join(place, 'in'), join(place, 'out')];
  mkdirSync(input);
  mkdirSync(output);
  for (const [n, file] of files.entries()) {
    const to = join(input, `IM${String(n).padStart(5, '0')}`);
    try {
      linkSync(file, to);
    } catch {
      copyFileSync(file, to);
    }
  }
  const theirs = dcm2niix(input, output);
  const ours = await read(input);
  const row = {
    series: `${relative(join(root, '..'), folder)} #${number}`,
    modality,
    vendor,
    images: frames > 1 ? `${files.length}×${frames}` : String(files.length),
    theirs: theirs.map(({ name, shape, colours }) => `${name} ${shape.join('×')}${colours ? ' colours' : ''}`),
    ours: ours.said,
    ...judge(ours.volumes, theirs),
  };
  rmSync(place, { recursive: true, force: true });
  return row;
}

async function read(input) {
  const options = { tilt: 'refuse', spacing: 'refuse' };
  const volumes = [];
  try {
    volumes.push(await readWith(input, options));
    return { volumes, said: saidOf(options, 1) };
  } catch (error) {
    if (!isProblem(error)) throw error;
    const list = error.fields.volumes;
    if (list === undefined) return { volumes, said: `${error.code}: ${error.message}` };
    const refused = new Set();
    const known = error.fields.count ?? list.length;
    for (const { volume } of list.slice(0, MOST_VOLUMES)) {
      try {
        volumes.push(await readWith(input, { ...options, volume }));
      } catch (inner) {
        if (!isProblem(inner)) throw inner;
        refused.add(`${inner.code}: ${inner.message}`);
      }
    }
    return { volumes, said: [saidOf(options, known), ...refused].join('; ') };
  }
}

/** With what a user would be told to ask for. */
async function readWith(input, options) {
  for (;;) {
    try {
      return await readVolume(input, options);
    } catch (error) {
      const [, name, value] = /--(tilt|spacing) (correct|resample) /.exec(isProblem(error) ? error.message : '') ?? [];
      if (name === undefined || options[name] === value) throw error;
      options[name] = value;
    }
  }
}

function saidOf({ tilt, spacing }, count) {
  return [
    count === 1 ? 'read' : `${count} volumes, chosen one by one`,
    ...(tilt === 'correct' ? ['--tilt correct'] : []),
    ...(spacing === 'resample' ? ['--spacing resample'] : []),
  ].join(', ');
}

function dcm2niix(input, output) {
  try {
    execFileSync('dcm2niix', ['-z', 'n', '-b', 'n', '-x', 'i', '-p', 'n', '-f', 's', '-o', output, input], {
      stdio: 'ignore',
    });
  } catch {
    // What it could not convert is not there.
  }
  return readdirSync(output)
    .filter((name) => name.endsWith('.nii'))
    .toSorted()
    .map((name) => nifti(join(output, name), name));
}

/** Also of four dimensions, which parse3d does not read in one. */
function nifti(path, name) {
  const bytes = readFileSync(path);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const short = (offset) => view.getInt16(offset, true);
  const float = (offset) => view.getFloat32(offset, true);
  const shape = Array.from({ length: Math.max(3, short(40)) }, (_, n) => Math.max(1, short(42 + 2 * n)));
  const [size, method] = READERS[short(70)] ?? [];
  const slope = float(112) === 0 ? 1 : float(112);
  const [ni, nj, nk, times = 1] = shape;
  const count = ni * nj * nk;
  return {
    name: name.replace(/\.nii$/, '').replace(/^s/, 's'),
    shape,
    colours: size === undefined,
    affine: Array.from({ length: 12 }, (_, n) => float(280 + 4 * n)),
    times: size === undefined ? 0 : times,
    voxels: (time) =>
      Float64Array.from(
        { length: count },
        (_, n) => view[method](float(108) + (time * count + n) * size, true) * slope + float(116),
      ),
  };
}

function judge(ours, theirs) {
  const their = theirs.flatMap((file) => Array.from({ length: file.times }, (_, time) => ({ ...file, time })));
  const single = theirs.length === 1 && their.length === 1;
  if (ours.length === 0) return { verdict: their.length === 0 ? 'neither reads it' : 'refused', single };
  if (their.length === 0) return { verdict: 'dcm2niix gives nothing', single };
  const taken = new Set();
  const nearest = ours.map((volume) => {
    const alike = their
      .filter(({ shape }) => [0, 1, 2].every((axis) => shape[axis] === volume.geometry.shape[axis]))
      .map((other) => ({ other, affine: difference(volume.geometry.affine.slice(0, 12), other.affine) }))
      .toSorted((a, b) => a.affine - b.affine);
    const [first] = alike;
    if (first === undefined) return { affine: Infinity, voxels: Infinity, share: 1 };
    const close = alike.filter(({ affine }) => affine <= first.affine + 1e-3);
    const all = close.map(({ other }) => ({
      time: `${other.name} ${other.time}`,
      ...differencesOf(volume.data, other.voxels(other.time)),
    }));
    // Times of a phantom may be equal: each counts once.
    const best = all.toSorted((a, b) => a.voxels - b.voxels || taken.has(a.time) - taken.has(b.time))[0];
    taken.add(best.time);
    return { affine: first.affine, ...best, range: rangeOf(volume.data) };
  });
  const affine = Math.max(...nearest.map((each) => each.affine));
  const voxels = Math.max(...nearest.map((each) => each.voxels));
  const range = Math.max(...nearest.map((each) => each.range ?? 0));
  const distinct = new Set(nearest.map(({ time }) => time)).size === nearest.length;
  const inOrder = theirs.length > 1 || nearest.every(({ time }, n) => time === `${theirs[0].name} ${n}`);
  const share = Math.max(...nearest.map((each) => each.share));
  const place = affine <= 1e-3 && distinct;
  const same = place && voxels <= 1e-5 * Math.max(range, 1);
  // What resampling gives where an image ends is a matter of taste.
  const edges = place && !same && share <= 0.005;
  const all = ours.length === their.length || ours.length === MOST_VOLUMES;
  const verdict = edges
    ? `same but for ${(share * 100).toFixed(2)} % at edges`
    : !same
      ? 'differs'
      : !all
        ? 'same, others left'
        : inOrder
          ? 'same'
          : 'same, other order';
  return { affine, voxels, range, count: `${ours.length} of ${their.length}`, verdict, single };
}

function difference(a, b) {
  let most = 0;
  for (let n = 0; n < a.length; n += 1) most = Math.max(most, Math.abs(a[n] - b[n]));
  return most;
}

/** The largest difference, and the share of voxels with one above 1 (rounding of resampled integers). */
function differencesOf(a, b) {
  let [voxels, above] = [0, 0];
  for (let n = 0; n < a.length; n += 1) {
    const apart = Math.abs(a[n] - b[n]);
    if (apart > voxels) voxels = apart;
    if (apart > 1) above += 1;
  }
  return { voxels, share: above / a.length };
}

function rangeOf(values) {
  let [least, most] = [Infinity, -Infinity];
  for (const value of values) {
    least = Math.min(least, value);
    most = Math.max(most, value);
  }
  return most - least;
}

function line({ series, modality, vendor, images, theirs, ours, affine, voxels, count, verdict }) {
  const numbers =
    affine === undefined ? '' : `affine ${affine.toPrecision(2)}, voxels ${voxels.toPrecision(2)}, ${count}`;
  return `| ${[series, vendor, modality, images, theirs.join(', ') || '-', ours, numbers, verdict].join(' | ')} |`;
}

function tell(all) {
  const one = all.filter(({ single }) => single);
  const read = one.filter(({ verdict }) => verdict.startsWith('same'));
  console.log(`\n${all.length} series`);
  for (const verdict of new Set(all.map((row) => row.verdict))) {
    console.log(`  ${verdict}: ${all.filter((row) => row.verdict === verdict).length}`);
  }
  console.log(`one 3D volume by dcm2niix: ${one.length}, of these the same here: ${read.length}`);
}
