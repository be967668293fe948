// Splits a volume into its objects and measures them, in a process of its own, so that its peak memory is its own.
// node bench/objects-run.mjs <file of uint8 voxels> <ni,nj,nk> <core|all>
import { closeSync, openSync, readFileSync, readSync } from 'node:fs';
import { makeGeometry, measureRegions, splitObjects } from '@parse3d/volume/geometry';

const [, , path, sizes, measures] = process.argv;
const shape = sizes.split(',').map(Number);
const geometry = makeGeometry(shape, [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]);

/** The volume plane by plane, as an engine that works on slices gives its masks. */
function* planes() {
  const file = openSync(path, 'r');
  const plane = Buffer.alloc(shape[0] * shape[1]);
  for (let k = 0; k < shape[2]; k++) {
    readSync(file, plane, 0, plane.length, k * plane.length);
    yield plane;
  }
  closeSync(file);
}

const startedAt = performance.now();
const split = splitObjects(planes(), shape);
const splitAt = performance.now();
const labels = split.labels();
const labelledAt = performance.now();
const table = measureRegions(
  labels,
  geometry,
  split.count,
  measures === 'all' ? { surface: true, diameter: true } : {},
);
let voxels = 0;
for (const region of table) voxels += region.voxels;
const doneAt = performance.now();
const peakMiB = Number(/VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1]) / 1024;
console.log(
  JSON.stringify({
    objects: split.count,
    voxels,
    labelSeconds: (labelledAt - startedAt) / 1000,
    splitSeconds: (splitAt - startedAt) / 1000,
    tableSeconds: (doneAt - labelledAt) / 1000,
    peakMiB,
  }),
);
