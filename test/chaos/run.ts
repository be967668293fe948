import { BatchView } from '@parse3d/contract';
import { eventually } from '@parse3d/testing';
import { Redis } from 'ioredis';
import { z } from 'zod';
import { startStack, type Stack } from '../support/stack.js';
import { phantomCtFile } from '../support/volumes.js';
import { Saboteur, type Fault } from './faults.js';
import { closeLedger, type Accepted, type Ledger } from './ledger.js';
import { seeded } from './random.js';
import { startFaultyStore } from './store.js';

export interface ChaosOptions {
  /** Jobs and items of batches together. */
  readonly jobs: number;
  readonly kills: number;
  readonly seed: number;
  /** `s3`: a radosgw that fails too. */
  readonly store: 's3' | 'file';
  /** Longest time for what is left after the last fault, in ms. */
  readonly settleMs: number;
  readonly onLine?: (line: string) => void;
}

export interface ChaosReport {
  readonly accepted: number;
  readonly batches: number;
  readonly refused: number;
  readonly struck: Partial<Record<Fault, number>>;
  readonly ledger: Ledger;
}

/** One submission in eight is a batch, of so many items. */
const BATCH_ITEMS = 7;

/**
 * Submits jobs and batches to a real stack while things are killed under it, then waits for the dust to settle and
 * counts. Every submission has an idempotency key and is repeated until it is accepted, as a careful client would.
 */
export async function runChaos(options: ChaosOptions): Promise<ChaosReport> {
  const random = seeded(options.seed);
  const say = options.onLine ?? (() => undefined);
  const faultyStore = options.store === 's3' ? await startFaultyStore() : undefined;
  const stack = await startStack({
    workers: 2,
    appendOnly: true,
    env: {
      PARSE3D_RECONCILE_EVERY: '2s',
      PARSE3D_WORKER_DRAIN: '2s',
      PARSE3D_CHILD_STALL: '4s',
      PARSE3D_LOG_LEVEL: 'error',
      ...faultyStore?.env,
    },
  });
  const saboteur = new Saboteur(stack, random, faultyStore?.proxy);
  try {
    const uri = await stack.api.upload(await phantomCtFile([12, 10, 8]));
    const struck: Partial<Record<Fault, number>> = {};
    const accepted: Accepted = { jobs: new Set(), batches: new Map() };
    let [submitted, refused, strikes] = [0, 0, 0];
    let told = 0;
    for (let turn = 0; submitted < options.jobs; turn++) {
      const items = Math.min(BATCH_ITEMS, options.jobs - submitted);
      const key = `chaos-${options.seed}-${turn}`;
      if (turn % 8 === 3) {
        const { id, refusals } = await submit(stack, '/v1/batches', batchBody(uri, items), key);
        accepted.batches.set(id, items);
        submitted += items;
        refused += refusals;
      } else {
        const { id, refusals } = await submit(stack, '/v1/jobs', jobBody(uri), key);
        accepted.jobs.add(id);
        submitted++;
        refused += refusals;
      }
      for (; strikes < Math.floor((submitted * options.kills) / options.jobs); strikes++) {
        const fault = await saboteur.strike();
        struck[fault] = (struck[fault] ?? 0) + 1;
      }
      if (submitted - told < 50) continue;
      told = submitted;
      say(`${submitted} of ${options.jobs} submitted, ${strikes} faults, ${refused} refusals on the way`);
    }
    saboteur.calm();
    await eventually(async () => (await stack.api.send('GET', '/readyz')).status === 200, {
      what: 'the stack to be ready',
      timeoutMs: 60_000,
    });
    say('all submitted; waiting for the rest');
    const store = faultyStore?.direct ?? stack.stores.primary;
    const isOver = async (): Promise<boolean> => {
      const open = await Promise.all(['pending/', 'open-batches/'].map((prefix) => store.list({ prefix, limit: 1 })));
      return open.every(({ blobs }) => blobs.length === 0);
    };
    // What does not end in time shows in the ledger.
    await eventually(isOver, { timeoutMs: options.settleMs, everyMs: 500 }).catch(async () => {
      say('not over in time');
      for (const batchId of accepted.batches.keys()) {
        const { status, counts } = BatchView.parse((await stack.api.send('GET', `/v1/batches/${batchId}`)).json);
        if (status === 'completed') continue;
        const redis = new Redis(stack.redis.url);
        say(
          `${batchId} ${status} ${JSON.stringify({ counts, live: await redis.hgetall(`parse3d:batch:${batchId}`) })}`,
        );
        redis.disconnect();
      }
    });
    const ledger = await closeLedger(stack, store, accepted);
    return { accepted: submitted, batches: accepted.batches.size, refused, struck, ledger };
  } finally {
    saboteur.calm();
    await stack.stop();
    await faultyStore?.stop();
  }
}

const common = { prompts: ['bone'], outputs: { preview: false } };
const jobBody = (uri: string): object => ({ input: { uri }, ...common });
const batchBody = (uri: string, items: number): object => ({
  source: { kind: 'items', items: Array.from({ length: items }, () => ({ uri })) },
  skipCompleted: false,
  ...common,
});

async function submit(
  stack: Stack,
  path: string,
  body: object,
  key: string,
): Promise<{ id: string; refusals: number }> {
  let refusals = 0;
  const id = await eventually(
    async () => {
      const answer = await stack.api.send('POST', path, body, { 'Idempotency-Key': key });
      if (answer.status === 202) return z.string().parse(answer.json['id']);
      refusals++;
      if (answer.status !== 503) throw new Error(JSON.stringify(answer.json));
      return undefined;
    },
    { what: `submission ${key}`, timeoutMs: 120_000 },
  );
  return { id, refusals };
}
