import { Manifest } from '@parse3d/shared/contract';
import { readJson } from '@parse3d/shared/storage';
import { eventually } from '@parse3d/shared/testing';
import { z } from 'zod';
import { startStack, type Stack } from '../support/stack.js';
import { phantomCtFile } from '../support/volumes.js';
import { faults, recovered, strike, wakeAll, type Fault } from './faults.js';
import { seeded } from './random.js';

export interface ChaosOptions {
  readonly jobs: number;
  readonly kills: number;
  readonly seed: number;
  /** Longest time for what is left after the last fault, in ms. */
  readonly settleMs: number;
  readonly onLine?: (line: string) => void;
}

/** What was promised against what is there. */
export interface Ledger {
  readonly accepted: number;
  readonly refused: number;
  readonly struck: Partial<Record<Fault, number>>;
  readonly ends: Record<'completed' | 'failed' | 'canceled', number>;
  /** Accepted jobs without a terminal manifest. */
  readonly lost: readonly string[];
  /** Jobs that show more than one result, or objects that no manifest refers to. */
  readonly duplicated: readonly string[];
  /** Jobs whose live state is not what their manifest says. */
  readonly stuck: readonly string[];
}

/**
 * Submits jobs to a real stack while things are killed under it, then waits for the dust to settle and counts. Every
 * submission has an idempotency key and is repeated until it is accepted, as a careful client would.
 */
export async function runChaos(options: ChaosOptions): Promise<Ledger> {
  const random = seeded(options.seed);
  const say = options.onLine ?? (() => undefined);
  const stack = await startStack({
    workers: 2,
    appendOnly: true,
    env: { PARSE3D_RECONCILE_EVERY: '2s', PARSE3D_WORKER_DRAIN: '2s', PARSE3D_LOG_LEVEL: 'error' },
  });
  try {
    const uri = await stack.api.upload(await phantomCtFile([12, 10, 8]));
    const struck: Partial<Record<Fault, number>> = {};
    const accepted = new Set<string>();
    let refused = 0;
    const everyJobs = Math.max(1, Math.floor(options.jobs / Math.max(1, options.kills)));
    const strikesPerRound = Math.max(1, Math.round(options.kills / Math.ceil(options.jobs / everyJobs)));
    for (let job = 0; job < options.jobs; job++) {
      const submission = await submit(stack, uri, `chaos-${options.seed}-${job}`);
      accepted.add(submission.id);
      refused += submission.refusals;
      if (job % everyJobs !== everyJobs - 1) continue;
      for (let n = 0; n < strikesPerRound; n++) {
        const fault = random.pick(faults);
        struck[fault] = (struck[fault] ?? 0) + 1;
        await strike(fault, stack, random.pick);
      }
      if (job % 50 === 49) say(`${job + 1} of ${options.jobs} submitted, ${refused} refusals on the way`);
    }
    await wakeAll();
    await recovered(stack);
    say('all submitted; waiting for the rest');
    await settled(stack, accepted, options.settleMs);
    return { accepted: accepted.size, refused, struck, ...(await count(stack, accepted)) };
  } finally {
    await wakeAll();
    await stack.stop();
  }
}

async function submit(stack: Stack, uri: string, key: string): Promise<{ id: string; refusals: number }> {
  let refusals = 0;
  const id = await eventually(
    async () => {
      const body = { input: { uri }, prompts: ['bone'], outputs: { preview: false } };
      const answer = await stack.api.send('POST', '/v1/jobs', body, { 'Idempotency-Key': key });
      if (answer.status === 202) return z.string().parse(answer.json['id']);
      refusals++;
      if (answer.status !== 503) throw new Error(JSON.stringify(answer.json));
      return undefined;
    },
    { what: `submission ${key}`, timeoutMs: 60_000 },
  );
  return { id, refusals };
}

async function settled(stack: Stack, accepted: ReadonlySet<string>, timeoutMs: number): Promise<void> {
  await eventually(async () => (await stack.stores.primary.list({ prefix: 'pending/', limit: 1 })).blobs.length === 0, {
    what: `${accepted.size} jobs to end`,
    timeoutMs,
    everyMs: 500,
  }).catch(() => undefined);
}

async function count(
  stack: Stack,
  accepted: ReadonlySet<string>,
): Promise<Pick<Ledger, 'ends' | 'lost' | 'duplicated' | 'stuck'>> {
  const { primary } = stack.stores;
  const ends = { completed: 0, failed: 0, canceled: 0 };
  const lost: string[] = [];
  const duplicated: string[] = [];
  const stuck: string[] = [];
  for (const id of accepted) {
    const keys = (await primary.list({ prefix: `results/${id}/` })).blobs.map(({ key }) => key);
    const manifests = keys.filter((key) => key.endsWith('/manifest.json'));
    if (manifests.length === 0) {
      lost.push(id);
      continue;
    }
    const manifest = Manifest.parse(await readJson(primary, manifests[0] ?? ''));
    ends[manifest.status]++;
    const referred = manifest.status === 'completed' ? manifest.outputs.map(({ key }) => key) : [];
    if (manifests.length > 1 || keys.length !== referred.length + 1) duplicated.push(id);
    // A Redis that was set back is mended by the next reconciliation.
    const agrees = async (): Promise<boolean> => (await stack.api.job(id)).status === manifest.status;
    await eventually(agrees, { what: `job ${id} to be ${manifest.status}` }).catch(() => stuck.push(id));
  }
  return { ends, lost, duplicated, stuck };
}
