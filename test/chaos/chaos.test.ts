import { afterAll, expect, test } from 'vitest';
import { assertNothingLeaks } from '@parse3d/shared/testing';
import { runChaos } from './run.js';

// `npm run chaos -- --jobs 1000 --kills 200 --seed 7` sets these; without them it is the short run of `npm test`.
const jobs = Number(process.env['PARSE3D_CHAOS_JOBS'] ?? 40);
const kills = Number(process.env['PARSE3D_CHAOS_KILLS'] ?? 6);
const seed = Number(process.env['PARSE3D_CHAOS_SEED'] ?? 7);

afterAll(assertNothingLeaks);

test(`of ${jobs} jobs under ${kills} faults none is lost, none shows twice and none is stuck (seed ${seed})`, async () => {
  const ledger = await runChaos({
    jobs,
    kills,
    seed,
    settleMs: 120_000 + jobs * 500,
    onLine: (line) => void process.stderr.write(`${line}\n`),
  });
  process.stderr.write(`${JSON.stringify(ledger)}\n`);
  expect({ lost: ledger.lost, duplicated: ledger.duplicated, stuck: ledger.stuck }).toEqual({
    lost: [],
    duplicated: [],
    stuck: [],
  });
  expect(ledger.accepted).toBe(jobs);
}, 3_600_000);
