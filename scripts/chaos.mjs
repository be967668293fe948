#!/usr/bin/env node
// npm run chaos -- --jobs 1000 --kills 200 [--seed 7] [--store file]: the long run of test/chaos.
import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    jobs: { type: 'string', default: '1000' },
    kills: { type: 'string', default: '200' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 1e6)) },
    store: { type: 'string', default: 's3' },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  console.log(
    'npm run chaos -- [--jobs 1000] [--kills 200] [--seed N] [--store s3|file]\n' +
      'The seed is printed; the same seed gives the same faults. Without radosgw the store is a folder.',
  );
  process.exit(0);
}
console.log(`seed ${values.seed}`);
const { status } = spawnSync('npx', ['vitest', 'run', 'test/chaos'], {
  stdio: 'inherit',
  env: {
    ...process.env,
    PARSE3D_CHAOS_JOBS: values.jobs,
    PARSE3D_CHAOS_KILLS: values.kills,
    PARSE3D_CHAOS_SEED: values.seed,
    PARSE3D_CHAOS_STORE: values.store,
  },
});
process.exit(status ?? 1);
