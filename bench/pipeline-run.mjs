// One run of the promptable engine in a process of its own, so that its peak memory is its own.
// node bench/pipeline-run.mjs <pack folder> <volume> <threads> <prompts as JSON> <file for the label map> [slice batch]
import { readFileSync, writeFileSync } from 'node:fs';
import { loadPack } from '@parse3d/engine';
import { readVolume } from '@parse3d/shared/formats';
import { openSession } from '../engine/dist/engines/onnx.js';
import { openPromptableSlicesEngine } from '../engine/dist/engines/promptable-slices/index.js';

const [, , folder, path, threads, prompts, labelsPath, sliceBatch = '1'] = process.argv;
let networkMs = 0;
const open = async (...args) => {
  const session = await openSession(...args);
  return {
    ...session,
    run: async (...feeds) => {
      const startedAt = performance.now();
      try {
        return await session.run(...feeds);
      } finally {
        networkMs += performance.now() - startedAt;
      }
    },
  };
};
const loaded = await loadPack(folder);
const engine = await openPromptableSlicesEngine(
  loaded,
  loaded.pack,
  { device: 'cpu', threads: Number(threads), sliceBatch: Number(sliceBatch) },
  open,
);
const image = await readVolume(path);
const startedAt = performance.now();
const found = await engine.infer(
  image,
  { prompts: JSON.parse(prompts), modality: 'ct', options: { seed: 0 }, wantProbabilities: false, wantMasks: false },
  () => undefined,
  new AbortController().signal,
);
const totalMs = performance.now() - startedAt;
writeFileSync(labelsPath, found.labels.data);
const peakMiB = Number(/VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1]) / 1024;
await found.close?.();
await engine.close();
console.log(JSON.stringify({ networkSeconds: networkMs / 1000, otherSeconds: (totalMs - networkMs) / 1000, peakMiB }));
