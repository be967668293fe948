import { batchJobId, BatchView, Manifest, placeOf } from '@parse3d/contract';
import { isProblemCode, problemKinds } from '@parse3d/contract/problems';
import { readAll, readJson, type BlobStore } from '@parse3d/storage';
import { eventually } from '@parse3d/testing';
import { z } from 'zod';
import type { Stack } from '../support/stack.js';

/** What the api said yes to. */
export interface Accepted {
  readonly jobs: Set<string>;
  /** Ids of batches, with how many items each has. */
  readonly batches: Map<string, number>;
}

/** What was promised against what is there. Everything but `ends` and `failures` names what is wrong, and should be empty. */
export interface Ledger {
  readonly ends: Record<Manifest['status'], number>;
  /** How many jobs failed, by problem code. */
  readonly failures: Readonly<Record<string, number>>;
  /** Accepted jobs and items without a terminal manifest. */
  readonly lost: readonly string[];
  /** Jobs that show more than one result. */
  readonly duplicated: readonly string[];
  /** Completed jobs some of whose outputs are missing. */
  readonly incomplete: readonly string[];
  /** Objects below results/ that no manifest refers to. */
  readonly leftovers: readonly string[];
  /** Results of jobs that nobody was promised. */
  readonly unasked: readonly string[];
  /** Jobs and batches whose live state is not what their manifests say. */
  readonly stuck: readonly string[];
  /** Batches whose counters or reports are not what their manifests say. */
  readonly miscounted: readonly string[];
  /** Jobs that failed for a fault of the place, which should have cost them nothing. */
  readonly failedForPlace: readonly string[];
}

/**
 * Compares everything that was accepted with everything that storage and the api show.
 *
 * @param strangers ids of jobs that the chaos itself put into the store, in pieces
 */
export async function closeLedger(
  stack: Stack,
  store: BlobStore,
  accepted: Accepted,
  strangers: ReadonlySet<string>,
): Promise<Ledger> {
  const ends = { completed: 0, failed: 0, canceled: 0 };
  const lost: string[] = [];
  const duplicated: string[] = [];
  const incomplete: string[] = [];
  const leftovers: string[] = [];
  const stuck: string[] = [];
  const miscounted: string[] = [];
  const failedForPlace: string[] = [];
  const failures: Record<string, number> = {};

  const results = await resultsByJob(store);
  /** The end of a job in storage, entered into the books. */
  const end = async (id: string): Promise<Manifest['status'] | undefined> => {
    const keys = results.get(id) ?? [];
    results.delete(id);
    const manifests = keys.filter((key) => key.endsWith('/manifest.json'));
    if (manifests[0] === undefined) {
      lost.push(id);
      return undefined;
    }
    const manifest = Manifest.parse(await readJson(store, manifests[0]));
    ends[manifest.status]++;
    if (manifest.status === 'failed') {
      const { code } = manifest.problem;
      failures[code] = (failures[code] ?? 0) + 1;
      if (isProblemCode(code) && problemKinds[code].fault === 'place') failedForPlace.push(id);
    }
    const kept = new Set(manifest.status === 'completed' ? manifest.outputs.map(({ key }) => key) : []);
    if (manifests.length > 1) duplicated.push(id);
    if (keys.filter((key) => kept.has(key)).length < kept.size) incomplete.push(id);
    leftovers.push(...keys.filter((key) => !kept.has(key) && !manifests.includes(key)));
    return manifest.status;
  };

  for (const id of accepted.jobs) {
    const status = await end(id);
    // A Redis that was set back is mended by the next reconciliation.
    const agrees = async (): Promise<boolean> => (await stack.api.job(id)).status === status;
    await eventually(agrees, { what: `job ${id} to be ${status}` }).catch(() => stuck.push(id));
  }
  for (const [id, total] of accepted.batches) {
    const counts = { completed: 0, failed: 0, canceled: 0 };
    for (let ordinal = 0; ordinal < total; ordinal++) {
      const status = await end(batchJobId(id, ordinal));
      if (status !== undefined) counts[status]++;
    }
    const view = BatchView.parse((await stack.api.send('GET', `/v1/batches/${id}`)).json);
    if (view.finishedAt === undefined) stuck.push(id);
    const counted = { waiting: 0, running: 0, ...counts };
    const agrees = JSON.stringify({ ...counted, ...view.counts }) === JSON.stringify(counted);
    if (!agrees || !(await listsAll(store, id, total))) miscounted.push(id);
  }
  const unasked = [...results.keys()].filter((id) => !strangers.has(id));
  return { ends, failures, lost, duplicated, incomplete, leftovers, unasked, stuck, miscounted, failedForPlace };
}

/** Every key below results/, by job. */
async function resultsByJob(store: BlobStore): Promise<Map<string, string[]>> {
  const results = new Map<string, string[]>();
  let startAfter: string | undefined;
  do {
    const page = await store.list({ prefix: 'results/', startAfter });
    for (const { key } of page.blobs) {
      const id = key.split('/')[1] ?? '';
      const keys = results.get(id) ?? [];
      keys.push(key);
      results.set(id, keys);
    }
    startAfter = page.next;
  } while (startAfter !== undefined);
  return results;
}

const ReportLine = z.object({ ordinal: z.int(), jobId: z.string(), status: z.string() });

/** True when the report names every item of a batch once, in order. */
async function listsAll(store: BlobStore, batchId: string, total: number): Promise<boolean> {
  const report = await readAll(store, `batches/${batchId}/results.jsonl`).catch(() => Buffer.from(''));
  const lines = report.toString('utf8').split('\n').filter(Boolean);
  return (
    lines.length === total &&
    lines.every((line, index) => {
      const { ordinal, jobId } = ReportLine.parse(JSON.parse(line));
      return ordinal === index && placeOf(jobId)?.ordinal === index;
    })
  );
}

/** One line for the log. */
export function summary({ ends, failures, ...wrong }: Ledger): string {
  const { lost, duplicated, stuck, failedForPlace, ...others } = wrong;
  const promised = { lost, doubled: duplicated, stuck, "failed for a place's fault": failedForPlace };
  const counts = Object.entries({ ...promised, ...others }).map(([name, ids]) => `${name} ${ids.length}`);
  const ended = Object.entries(ends).map(([name, count]) => `${name} ${count}`);
  const codes = Object.entries(failures).map(([code, count]) => `${code} ${count}`);
  return `${counts.join(', ')}; ended: ${ended.join(', ')}${codes.length === 0 ? '' : ` (${codes.join(', ')})`}`;
}
