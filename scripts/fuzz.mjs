#!/usr/bin/env node
// npm run fuzz -- [--cases 100000] [--seed 7]: mutated files of every format that is read; the long run of the test.
import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    cases: { type: 'string', default: '100000' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 1e6)) },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  console.log(
    'npm run fuzz -- [--cases 100000] [--seed N]\n' +
      'Reads mutated NIfTI, npz and DICOM zip files; each must be a volume or a problem with a code. The seed is printed;\n' +
      'the same seed gives the same files. One that breaks a reader is kept as test-results/fuzz-failure.bin.',
  );
  process.exit(0);
}
console.log(`seed ${values.seed}`);
const { status } = spawnSync('npx', ['vitest', 'run', 'shared/volume/test/formats/fuzz'], {
  stdio: 'inherit',
  env: { ...process.env, PARSE3D_FUZZ_CASES: values.cases, PARSE3D_FUZZ_SEED: values.seed },
});
process.exit(status ?? 1);
