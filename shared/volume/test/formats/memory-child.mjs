// Reads a volume in a fresh process and prints what that cost: JSON of bytes before, at the peak, and of the voxels.
import { readFileSync } from 'node:fs';

const [library, path] = process.argv.slice(2);
const { readNifti } = await import(library);
const before = statusBytes('VmRSS');
const { header, data } = await readNifti(path);
let sum = 0;
for (let n = 0; n < data.length; n += 1) sum += data[n];
console.log(
  JSON.stringify({ before, peak: statusBytes('VmHWM'), raw: header.voxelBytes, sum, type: data.constructor.name }),
);

/** A line of /proc/self/status in bytes. */
function statusBytes(name) {
  const line = readFileSync('/proc/self/status', 'utf8')
    .split('\n')
    .find((one) => one.startsWith(`${name}:`));
  return Number(/\d+/.exec(line)[0]) * 1024;
}
