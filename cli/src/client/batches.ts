import {
  BatchList,
  BatchSize,
  BatchView,
  DerivativePage,
  ItemPage,
  type ItemStatus,
  type RetryFailed,
  type SubmitBatch,
} from '@parse3d/contract';
import { z } from 'zod';
import type { Download, Http, Signalled } from './http.js';

// Answers are read more loosely than the server writes them: a newer server may say more than this client knows.
export const BatchAnswer = z.object({ ...BatchView.shape, counts: z.object(BatchView.shape.counts.shape) });
export type BatchAnswer = z.infer<typeof BatchAnswer>;

const BatchListAnswer = z.object({ ...BatchList.shape, batches: z.array(BatchAnswer) });
const SizeAnswer = z.object(BatchSize.shape);
const ItemPageAnswer = z.object(ItemPage.shape);
export type ItemPageAnswer = z.infer<typeof ItemPageAnswer>;
const DerivativeAnswer = z.object(DerivativePage.shape);
export type DerivativeAnswer = z.infer<typeof DerivativeAnswer>;

/** What a batch is asked for with; everything that has a default may be left out. */
export type BatchInput = z.input<typeof SubmitBatch>;
export type BatchAction = 'pause' | 'resume' | 'cancel';

/** The part of the HTTP API that is about batches. Every method throws a Problem. */
export class BatchClient {
  readonly #http: Http;

  constructor(http: Http) {
    this.#http = http;
  }

  submit(batch: BatchInput, options: Signalled = {}): Promise<BatchAnswer> {
    return this.#http.json(BatchAnswer, 'v1/batches', post({ ...batch, dryRun: false }, options));
  }

  /** How many volumes and bytes a batch would have; checks every item as `submit` does. */
  measure(batch: BatchInput, options: Signalled = {}): Promise<z.infer<typeof SizeAnswer>> {
    return this.#http.json(SizeAnswer, 'v1/batches', post({ ...batch, dryRun: true }, options));
  }

  get(id: string, { signal }: Signalled = {}): Promise<BatchAnswer> {
    return this.#http.json(BatchAnswer, pathOf(id), { signal });
  }

  async list(limit: number): Promise<BatchAnswer[]> {
    return (await this.#http.json(BatchListAnswer, `v1/batches?limit=${limit}`)).batches;
  }

  /** @param query `from` is `next` of the page before */
  items(
    id: string,
    query: { status?: ItemStatus | undefined; from?: number | undefined; limit?: number | undefined },
  ): Promise<ItemPageAnswer> {
    return this.#http.json(ItemPageAnswer, `${pathOf(id)}/items?${search(query)}`);
  }

  act(id: string, action: BatchAction): Promise<BatchAnswer> {
    return this.#http.json(BatchAnswer, `${pathOf(id)}/${action}`, { method: 'POST' });
  }

  /** @param codes only items that failed with one of these; all failed items where it is left out */
  retryFailed(id: string, codes?: RetryFailed['codes']): Promise<BatchAnswer> {
    return this.#http.json(BatchAnswer, `${pathOf(id)}/retry-failed`, post({ codes }, {}));
  }

  report(id: string, name: string, options: Signalled = {}): Promise<Download> {
    return this.#http.download(`${pathOf(id)}/reports/${encodeURIComponent(name)}`, options);
  }

  /** Files of the BIDS derivative, by path. @param after `next` of the page before */
  derivative(id: string, after?: string): Promise<DerivativeAnswer> {
    return this.#http.json(DerivativeAnswer, `${pathOf(id)}/derivative?${search({ after })}`);
  }

  derivativeFile(id: string, path: string, options: Signalled = {}): Promise<Download> {
    const encoded = path.split('/').map(encodeURIComponent).join('/');
    return this.#http.download(`${pathOf(id)}/derivative/${encoded}`, options);
  }
}

const pathOf = (id: string): string => `v1/batches/${encodeURIComponent(id)}`;

const post = (body: BatchInput | RetryFailed, { signal }: Signalled) => ({
  method: 'POST' as const,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
  signal,
});

function search(query: Readonly<Record<string, string | number | undefined>>): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined) parameters.set(name, String(value));
  return parameters.toString();
}
