/**
 * Runs ONNX graphs for the exporter, which is Python where no Python build of ONNX Runtime may be.
 *
 *   node ort_run.mjs <model.onnx> [threads] [optimisation] [profile prefix]
 *
 * Each line on stdin is a request, each line on stdout its answer:
 *   { "inputs":  { name: { "file", "type", "shape" } },   raw little-endian values
 *     "outputs": { name: file },                          where to write what the graph gives
 *     "repeat":  n }                                      runs, the outputs of the last are kept
 *   { "outputs": { name: { "type", "shape" } }, "seconds": [one per run], "peakBytes" }
 * A file ending in `.bin` may be shared by several requests; it is read again each time.
 *
 * Packages are found from this file upwards, or in the folder that NODE_PACKAGES names.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';

const ARRAYS = {
  float32: Float32Array,
  int64: BigInt64Array,
  bool: Uint8Array,
  float16: Uint16Array,
};

const [, , modelPath, threads = '2', optimisation = 'all', profile] = process.argv;
const home = process.env.NODE_PACKAGES ? resolve(process.env.NODE_PACKAGES, 'x.js') : import.meta.url;
const { InferenceSession, Tensor } = createRequire(home)('onnxruntime-node');

// Only whether the runtime is here was asked.
if (modelPath === '--probe') process.exit(0);

const session = await InferenceSession.create(modelPath, {
  intraOpNumThreads: Number(threads),
  interOpNumThreads: 1,
  graphOptimizationLevel: optimisation,
  executionProviders: ['cpu'],
  ...(profile ? { enableProfiling: true, profileFilePrefix: profile } : {}),
});
answer({ ready: true, inputs: session.inputNames, outputs: session.outputNames });

for await (const line of createInterface({ input: process.stdin })) {
  try {
    answer(await run(JSON.parse(line)));
  } catch (problem) {
    answer({ error: String(problem) });
  }
}
if (profile) session.endProfiling();

async function run({ inputs, outputs = {}, repeat = 1 }) {
  const feeds = Object.fromEntries(Object.entries(inputs).map(([name, spec]) => [name, read(spec)]));
  const seconds = [];
  let results = {};
  for (let turn = 0; turn < repeat; turn += 1) {
    const before = performance.now();
    results = await session.run(feeds);
    seconds.push((performance.now() - before) / 1000);
  }
  for (const [name, file] of Object.entries(outputs)) {
    const { data } = results[name];
    writeFileSync(file, new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  const shapes = Object.entries(results).map(([name, t]) => [name, { type: t.type, shape: t.dims }]);
  return {
    outputs: Object.fromEntries(shapes),
    seconds,
    peakBytes: peakBytes(),
  };
}

function read({ file, type, shape }) {
  const bytes = readFileSync(file);
  const whole = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
  return new Tensor(type, new ARRAYS[type](whole), shape);
}

/** This process's own peak; resourceUsage() would count the parent's memory from before exec. */
function peakBytes() {
  const found = /VmHWM:\s*(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8'));
  return found === null ? null : Number(found[1]) * 1024;
}

function answer(message) {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}
