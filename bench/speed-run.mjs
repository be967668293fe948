// One pack on one volume in a process of its own, so that its memory is its own.
// node bench/speed-run.mjs <a SpeedRun of run-speed.ts as JSON>
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { loadPack, openEngine } from '@parse3d/engine';
import { readVolume } from '@parse3d/volume/formats';

const { pack, volume, modality, texts, threads, rounds, arena } = JSON.parse(process.argv[2]);
const mib = (name) =>
  Math.round(Number(new RegExp(`${name}:\\s+(\\d+)`).exec(readFileSync('/proc/self/status', 'utf8'))[1]) / 1024);
const loaded = await loadPack(pack);
const image = await readVolume(volume);
let startedAt = performance.now();
const engine = await openEngine(loaded, { device: 'cpu', threads, arena });
const openSeconds = (performance.now() - startedAt) / 1000;
// Verifying a pack reads it whole; from here on the peak is that of the work.
writeFileSync('/proc/self/clear_refs', '5');
const before = process.cpuUsage();
const seconds = [];
let labels;
let preparation;
for (let round = 0; round < rounds; round++) {
  startedAt = performance.now();
  const found = await engine.infer(
    image,
    {
      prompts: texts.map((text, n) => ({ text, label: n + 1 })),
      modality,
      options: { seed: 0 },
      wantProbabilities: false,
      wantMasks: false,
    },
    () => undefined,
    new AbortController().signal,
  );
  seconds.push((performance.now() - startedAt) / 1000);
  labels = createHash('sha256').update(found.labels.data).digest('hex');
  preparation = found.preparation;
  await found.close?.();
}
const { user, system } = process.cpuUsage(before);
const peakMiB = mib('VmHWM');
const settled = async () => {
  global.gc();
  await new Promise((resolve) => setTimeout(resolve, 500));
  return mib('VmRSS');
};
const idleMiB = await settled();
await engine.close();
const closedMiB = await settled();
console.log(
  JSON.stringify({
    openSeconds,
    seconds: Math.min(...seconds),
    userSeconds: user / 1e6 / rounds,
    systemSeconds: system / 1e6 / rounds,
    ...{ peakMiB, idleMiB, closedMiB, labels, preparation },
  }),
);
