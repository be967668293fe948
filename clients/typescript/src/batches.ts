import type { components, operations } from './generated/openapi.js';
import { pause } from './pause.js';
import { ProblemError } from './problem.js';
import { given, type Download, type Signalled, type Transport } from './transport.js';

type Schemas = components['schemas'];
type Query<Name extends 'listBatches' | 'listBatchItems'> = NonNullable<operations[Name]['parameters']['query']>;
export type Batch = Schemas['Batch'];
export type BatchFailures = Schemas['BatchFailures'];
export type Purged = Schemas['Purged'];
export type BatchItemPage = Schemas['BatchItemPage'];
export type BatchSize = Schemas['BatchSize'];
export type DerivativePage = Schemas['DerivativePage'];
/** What a batch is asked for with; `measure` is its dry run. */
export type SubmitBatch = Omit<Schemas['SubmitBatch'], 'dryRun'>;
export type BatchAction = 'pause' | 'resume' | 'cancel';
export type ItemStatus = BatchItemPage['items'][number]['status'];

const LOOK_EVERY_MS = 500;
/** Long batches need not be asked for that often. */
const SLOWEST_LOOK_MS = 5_000;

/** Batches of a parse3d server. Every method throws a ProblemError. */
export class Batches {
  readonly #http: Transport;

  constructor(http: Transport) {
    this.#http = http;
  }

  /** @param idempotencyKey the same key again finds the same batch */
  async submit(
    batch: SubmitBatch,
    { idempotencyKey, signal }: Signalled & { idempotencyKey?: string | undefined } = {},
  ): Promise<Batch> {
    const { data } = await this.#http.api.POST('/v1/batches', {
      params: { header: idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey } },
      body: { ...batch, dryRun: false },
      signal: signal ?? null,
    });
    const accepted = given(data);
    if ('id' in accepted) return accepted;
    throw new ProblemError({ code: 'foreign-answer', detail: 'the server only measured the batch', status: 200 });
  }

  /** How many volumes and bytes a batch would have; checks every item as `submit` does. */
  async measure(batch: SubmitBatch, { signal }: Signalled = {}): Promise<BatchSize> {
    const { data } = await this.#http.api.POST('/v1/batches', {
      body: { ...batch, dryRun: true },
      signal: signal ?? null,
    });
    const size = given(data);
    if (!('id' in size)) return size;
    throw new ProblemError({ code: 'foreign-answer', detail: 'the server took a dry run for a batch', status: 200 });
  }

  async get(id: string, { signal }: Signalled = {}): Promise<Batch> {
    return given((await this.#http.api.GET('/v1/batches/{id}', { ...at(id), signal: signal ?? null })).data);
  }

  /** Newest first. @param limit at most 200 */
  async list(query: Query<'listBatches'> = {}): Promise<Batch[]> {
    return given((await this.#http.api.GET('/v1/batches', { params: { query } })).data).batches;
  }

  /** In the order of the batch's source. @param query `from` is `next` of the page before; `limit` at most 1,000 */
  async items(id: string, query: Query<'listBatchItems'> = {}, { signal }: Signalled = {}): Promise<BatchItemPage> {
    const { data } = await this.#http.api.GET('/v1/batches/{id}/items', {
      params: { path: { id }, query },
      signal: signal ?? null,
    });
    return given(data);
  }

  async act(id: string, action: BatchAction): Promise<Batch> {
    return given((await this.#http.api.POST(`/v1/batches/{id}/${action}`, at(id))).data);
  }

  /**
   * Removes a batch that has ended for good, with its jobs, results and reports. It can be repeated; while `status` is
   * `purging`, the last objects are still being removed.
   * @throws ProblemError `state-conflict` for a batch with work left
   */
  async purge(id: string): Promise<Purged> {
    const { data } = await this.#http.api.DELETE('/v1/batches/{id}', {
      params: { path: { id }, query: { purge: 'true' } },
    });
    return given(data);
  }

  /** Runs failed items again. @param codes only items that failed with one of these; all failed items where it is left out */
  async retryFailed(id: string, codes?: Schemas['RetryFailed']['codes']): Promise<Batch> {
    const body = codes === undefined ? {} : { codes };
    return given((await this.#http.api.POST('/v1/batches/{id}/retry-failed', { ...at(id), body })).data);
  }

  /** Failed items by the code of their problem. */
  async failures(id: string): Promise<BatchFailures> {
    return given((await this.#http.api.GET('/v1/batches/{id}/failures', at(id))).data);
  }

  /** @param name such as `results.jsonl`; `reports` of the batch lists them once it has ended */
  report(id: string, name: string, options: Signalled = {}): Promise<Download> {
    return this.#http.download(`${pathOf(id)}/reports/${encodeURIComponent(name)}`, options);
  }

  /** Files of the BIDS derivative, by path. @param after `next` of the page before */
  async derivative(
    id: string,
    { after, signal }: Signalled & { after?: string | undefined } = {},
  ): Promise<DerivativePage> {
    const { data } = await this.#http.api.GET('/v1/batches/{id}/derivative', {
      params: { path: { id }, query: after === undefined ? {} : { after } },
      signal: signal ?? null,
    });
    return given(data);
  }

  derivativeFile(id: string, path: string, options: Signalled = {}): Promise<Download> {
    const encoded = path.split('/').map(encodeURIComponent).join('/');
    return this.#http.download(`${pathOf(id)}/derivative/${encoded}`, options);
  }

  /**
   * Looks at a batch again and again until it has ended; the last look is the batch as it ended.
   * @param everyMs between two looks; by default half a second, and up to 5 s when the batch takes long
   * @param giveUpAfterMs how long the server may be away before that is an error, in ms
   */
  async *follow(
    id: string,
    { everyMs, giveUpAfterMs = 60_000, signal }: Signalled & { everyMs?: number; giveUpAfterMs?: number } = {},
  ): AsyncGenerator<Batch> {
    let waitMs = everyMs ?? LOOK_EVERY_MS;
    let lostAt: number | undefined;
    for (let looked = false; ; looked = true) {
      try {
        const batch = await this.get(id, { signal });
        lostAt = undefined;
        yield batch;
        if (batch.finishedAt !== undefined) return;
      } catch (error) {
        lostAt ??= Date.now();
        const passes = error instanceof ProblemError && error.retryable && Date.now() - lostAt < giveUpAfterMs;
        if (!looked || signal?.aborted === true || !passes) throw error;
      }
      await pause(waitMs, signal);
      if (everyMs === undefined) waitMs = Math.min(waitMs * 1.1, SLOWEST_LOOK_MS);
    }
  }

  /** @returns the batch as it ended, whatever failed */
  async wait(id: string, { onLook, signal }: Signalled & { onLook?: (batch: Batch) => void } = {}): Promise<Batch> {
    let last: Batch | undefined;
    for await (last of this.follow(id, { signal })) onLook?.(last);
    return given(last);
  }
}

const at = (id: string) => ({ params: { path: { id } } });
const pathOf = (id: string): string => `/v1/batches/${encodeURIComponent(id)}`;
