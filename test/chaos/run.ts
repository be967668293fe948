import { cp, mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { BatchView, parseBlobKeys } from '@parse3d/contract';
import { listAll, type BlobStore } from '@parse3d/storage';
import { eventually, freePort, scratchFolder } from '@parse3d/testing';
import { Redis } from 'ioredis';
import { z } from 'zod';
import { mountSmallDisk } from '../support/small-disk.js';
import { startStack, type Stack } from '../support/stack.js';
import { phantomCtFile } from '../support/volumes.js';
import { Vandal } from './damage.js';
import { Saboteur, type Struck } from './faults.js';
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
  readonly struck: Partial<Record<Struck, number>>;
  readonly ledger: Ledger;
}

const CT_TISSUE = resolve(import.meta.dirname, '../../packs/ct-tissue');

/** Room for the volumes in work, and above what a worker wants free before it takes jobs. */
const DISK = '160m';

/** One submission in eight is a batch, of so many items. */
const BATCH_ITEMS = 7;

/**
 * Submits jobs and batches to a real stack while things are killed and taken away under it, then waits for the dust to settle and
 * counts. Every submission has an idempotency key and is repeated until it is accepted, as a careful client would.
 */
export async function runChaos(options: ChaosOptions): Promise<ChaosReport> {
  const random = seeded(options.seed);
  const say = options.onLine ?? (() => undefined);
  const faultyStore = options.store === 's3' ? await startFaultyStore() : undefined;
  const folder = await scratchFolder('chaos');
  const scratch = join(folder.path, 'scratch');
  await mkdir(scratch);
  await cp(CT_TISSUE, join(folder.path, 'packs', 'ct-tissue'), { recursive: true });
  const disk = mountSmallDisk(scratch, DISK);
  if (disk === undefined) say('a disk of its own cannot be mounted here: none is filled');
  const stack = await startStack({
    workers: 2,
    appendOnly: true,
    env: {
      PARSE3D_SCRATCH: scratch,
      PARSE3D_PACKS: join(folder.path, 'packs'),
      // The api that takes the place of a killed one is found where that was.
      PARSE3D_API_PORT: String(await freePort()),
      PARSE3D_RECONCILE_EVERY: '2s',
      PARSE3D_WORKER_DRAIN: '2s',
      PARSE3D_CHILD_STALL: '4s',
      PARSE3D_LOG_LEVEL: 'error',
      ...faultyStore?.env,
    },
  });
  const store = faultyStore?.direct ?? stack.stores.primary;
  const vandal = new Vandal(store, random);
  const targets = {
    store: faultyStore?.proxy,
    disk,
    packFile: join(folder.path, 'packs', 'ct-tissue', 'model.onnx'),
    vandal,
  };
  const saboteur = new Saboteur(stack, random, targets, (error) => say(`not brought back: ${String(error)}`));
  try {
    const uri = await stack.api.upload(await phantomCtFile([12, 10, 8]));
    const struck: Partial<Record<Struck, number>> = {};
    const accepted: Accepted = { jobs: new Set(), batches: new Map() };
    let [submitted, refused, strikes] = [0, 0, 0];
    let told = 0;
    const strikeUntil = async (count: number): Promise<void> => {
      for (; strikes < count; strikes++) {
        const fault = await saboteur.strike();
        struck[fault] = (struck[fault] ?? 0) + 1;
      }
    };
    for (let turn = 0; submitted < options.jobs; turn++) {
      const isBatch = turn % 8 === 3;
      const items = isBatch ? Math.min(BATCH_ITEMS, options.jobs - submitted) : 1;
      const path = isBatch ? '/v1/batches' : '/v1/jobs';
      const body = isBatch ? batchBody(uri, items) : jobBody(uri);
      // They strike in the middle of it.
      const [{ id, refusals }] = await Promise.all([
        submit(stack, path, body, `chaos-${options.seed}-${turn}`),
        strikeUntil(Math.floor(((submitted + items) * options.kills) / options.jobs)),
      ]);
      if (isBatch) accepted.batches.set(id, items);
      else accepted.jobs.add(id);
      submitted += items;
      refused += refusals;
      if (submitted - told < 50) continue;
      told = submitted;
      say(`${submitted} of ${options.jobs} submitted, ${strikes} faults, ${refused} refusals on the way`);
    }
    await saboteur.calm();
    await eventually(async () => (await stack.api.send('GET', '/readyz')).status === 200, {
      what: 'the stack to be ready',
      timeoutMs: 60_000,
    });
    say('all submitted; waiting for the rest');
    const isOver = async (): Promise<boolean> => !(await hasOpenWork(store, vandal.ids));
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
    const ledger = await closeLedger(stack, store, accepted, vandal.ids);
    await vandal.cleanUp();
    return { accepted: submitted, batches: accepted.batches.size, refused, struck, ledger };
  } finally {
    await saboteur.calm();
    await stack.stop();
    await faultyStore?.stop();
    disk?.unmount();
    await folder.remove();
  }
}

/** True while a marker of a job or a batch is there that was accepted. */
async function hasOpenWork(store: BlobStore, strangers: ReadonlySet<string>): Promise<boolean> {
  for await (const { key } of listAll(store, 'pending/')) {
    if (!strangers.has(parseBlobKeys.pending(key)?.jobId ?? '')) return true;
  }
  for await (const { key } of listAll(store, 'open-batches/')) {
    if (!strangers.has(parseBlobKeys.openBatch(key) ?? '')) return true;
  }
  return false;
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
