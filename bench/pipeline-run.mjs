// One run of the promptable engine in a process of its own, so that its peak memory is its own.
// node bench/pipeline-run.mjs <a PipelineRun of run-pipeline.ts as JSON>
import { readFileSync, writeFileSync } from 'node:fs';
import { loadPack } from '@parse3d/engine';
import { readVolume } from '@parse3d/volume/formats';
import { openSession } from '../engine/dist/engines/onnx.js';
import { openPromptableSlicesEngine } from '../engine/dist/engines/promptable-slices/index.js';

const { pack, volume, modality, prompts, threads, slicesPerPass = 1, labels } = JSON.parse(process.argv[2]);
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
const loaded = await loadPack(pack);
const engine = await openPromptableSlicesEngine(loaded, loaded.pack, { device: 'cpu', threads, slicesPerPass }, open);
const readAt = performance.now();
const image = await readVolume(volume);
const startedAt = performance.now();
const found = await engine.infer(
  image,
  { prompts, modality, options: { seed: 0 }, wantProbabilities: false, wantMasks: false },
  () => undefined,
  new AbortController().signal,
);
const totalMs = performance.now() - startedAt;
writeFileSync(labels, found.labels.data);
const peakMiB = Number(/VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1]) / 1024;
await found.close?.();
await engine.close();
const [readMs, otherMs] = [startedAt - readAt, totalMs - networkMs];
console.log(
  JSON.stringify({
    readSeconds: readMs / 1000,
    networkSeconds: networkMs / 1000,
    otherSeconds: otherMs / 1000,
    peakMiB,
  }),
);
