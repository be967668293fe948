import { afterAll, expect, test } from 'vitest';
import { assertNothingLeaks, whyNoRadosgw } from '@parse3d/testing';
import { summary } from './ledger.js';
import { runChaos } from './run.js';

// `npm run chaos -- --jobs 1000 --kills 200 --seed 7` sets these; without them it is the short run of `npm test`.
const jobs = Number(process.env['PARSE3D_CHAOS_JOBS'] ?? 30);
const kills = Number(process.env['PARSE3D_CHAOS_KILLS'] ?? 6);
const seed = Number(process.env['PARSE3D_CHAOS_SEED'] ?? 7);
const reason = process.env['CI'] === undefined ? whyNoRadosgw() : undefined;
const store = process.env['PARSE3D_CHAOS_STORE'] === 'file' || reason !== undefined ? 'file' : 's3';
const where = store === 's3' ? 'a faulty S3 store' : `a folder${reason === undefined ? '' : ` (no S3: ${reason})`}`;

afterAll(assertNothingLeaks);

test(`of ${jobs} jobs under ${kills} faults on ${where} none is lost, shows twice, is stuck or fails for a place (seed ${seed})`, async () => {
  const startedAt = performance.now();
  const { ledger, ...report } = await runChaos({
    jobs,
    kills,
    seed,
    store,
    settleMs: 120_000 + jobs * 500,
    onLine: (line) => void process.stderr.write(`${line}\n`),
  });
  const seconds = Math.round((performance.now() - startedAt) / 1_000);
  process.stderr.write(`seed ${seed}, ${seconds} s: ${JSON.stringify(report)}\n${summary(ledger)}\n`);
  const { ends, failures: _failures, ...wrong } = ledger;
  expect(wrong).toEqual(Object.fromEntries(Object.keys(wrong).map((name) => [name, []])));
  expect(ends.completed + ends.failed + ends.canceled).toBe(jobs);
  expect(report.accepted).toBe(jobs);
}, 7_200_000);
