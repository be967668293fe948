import createClient, { type Client } from 'openapi-fetch';
import { serverSentEvents } from './events.js';
import type { components, paths } from './generated/openapi.js';
import { ProblemError, problemOf } from './problem.js';
import { pause, retryingFetch, type Fetch, type RetryOptions } from './retrying-fetch.js';

type Schemas = components['schemas'];
export type Batch = Schemas['Batch'];
export type Job = Schemas['Job'];
export type JobEvent = Schemas['JobEvent'];
export type SubmitBatch = Schemas['SubmitBatch'];
export type SubmitJob = Schemas['SubmitJob'];
export type UploadedVolume = Schemas['UploadedVolume'];
export type Manifest = Schemas['Manifest'];

export interface ClientOptions extends Partial<RetryOptions> {
  /** Such as `http://127.0.0.1:8080`. */
  readonly url: string;
  /** `p3d_…` */
  readonly key: string;
  /** @default the global one */
  readonly fetch?: Fetch;
}

export interface Signalled {
  readonly signal?: AbortSignal | undefined;
}

export interface DownloadedOutput {
  readonly name: string;
  readonly bytes: Uint8Array;
}

const ENDED: readonly Job['status'][] = ['completed', 'failed', 'canceled'];
const RECONNECT_MS = 500;
const LOOK_EVERY_MS = 1_000;

/**
 * A parse3d server. `api` reaches every path with the types of its OpenAPI document; the methods beside it are the ways
 * that take more than one request. Whatever fails throws a ProblemError.
 */
export class Parse3d {
  /** Every path, typed: `client.api.GET('/v1/packs')`. Answers that are no success throw a ProblemError here too. */
  readonly api: Client<paths>;
  readonly #url: string;
  readonly #key: string;
  readonly #fetch: Fetch;

  constructor({
    url,
    key,
    fetch = (request) => globalThis.fetch(request),
    retries = 5,
    longestWaitMs = 30_000,
  }: ClientOptions) {
    this.#url = url.replace(/\/$/, '');
    this.#key = key;
    this.#fetch = retryingFetch(fetch, { retries, longestWaitMs });
    this.api = createClient<paths>({
      baseUrl: this.#url,
      headers: { Authorization: `Bearer ${key}` },
      fetch: this.#fetch,
    });
    this.api.use({
      onResponse: async ({ response }) => {
        if (!response.ok) throw await problemOf(response);
      },
    });
  }

  /** Stores a NIfTI file, packed or not; `uri` of the answer is what a job refers to. */
  async uploadVolume(
    volume: Blob | Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array>,
    { signal }: Signalled = {},
  ): Promise<UploadedVolume> {
    const streams = volume instanceof ReadableStream ? { duplex: 'half' } : {};
    const response = await this.#send('/v1/volumes', {
      method: 'POST',
      headers: { 'Content-Type': 'application/octet-stream' },
      body: volume,
      ...streams,
      ...(signal === undefined ? {} : { signal }),
    });
    const uploaded: UploadedVolume = await response.json();
    return uploaded;
  }

  /** @param idempotencyKey the same key again finds the same job, so that a repeated request runs nothing twice */
  async submit(job: SubmitJob, { idempotencyKey, signal }: Signalled & { idempotencyKey?: string } = {}): Promise<Job> {
    const { data } = await this.api.POST('/v1/jobs', {
      params: { header: idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey } },
      body: job,
      signal: signal ?? null,
    });
    return given(data);
  }

  async submitBatch(batch: SubmitBatch, { signal }: Signalled = {}): Promise<Batch> {
    const { data } = await this.api.POST('/v1/batches', { body: { ...batch, dryRun: false }, signal: signal ?? null });
    const accepted = given(data);
    if ('id' in accepted) return accepted;
    throw new ProblemError({ code: 'foreign-answer', detail: 'the server counted instead of accepting', status: 0 });
  }

  async job(id: string, { signal }: Signalled = {}): Promise<Job> {
    return given((await this.api.GET('/v1/jobs/{id}', { params: { path: { id } }, signal: signal ?? null })).data);
  }

  async batch(id: string, { signal }: Signalled = {}): Promise<Batch> {
    return given((await this.api.GET('/v1/batches/{id}', { params: { path: { id } }, signal: signal ?? null })).data);
  }

  /**
   * Follows a job to its end by server-sent events, which are taken up again where they broke.
   * @returns the job as it ended, completed or not
   */
  async wait(id: string, { onEvent, signal }: Signalled & { onEvent?: (event: JobEvent) => void } = {}): Promise<Job> {
    let lastId: string | undefined;
    for (;;) {
      const job = await this.job(id, { signal });
      if (ENDED.includes(job.status)) return job;
      try {
        const response = await this.#send(`/v1/jobs/${encodeURIComponent(id)}/events`, {
          headers: lastId === undefined ? {} : { 'Last-Event-ID': lastId },
          ...(signal === undefined ? {} : { signal }),
        });
        if (response.body === null) continue;
        for await (const event of serverSentEvents(response.body)) {
          lastId = event.id;
          const told: JobEvent = JSON.parse(event.data);
          onEvent?.(told);
        }
      } catch (error) {
        if (signal?.aborted === true) throw signal.reason;
        if (error instanceof ProblemError && !error.retryable) throw error;
      }
      // The stream ended or broke: the job itself says which.
      await pause(RECONNECT_MS, signal);
    }
  }

  /** Looks at a batch until it has ended. @returns the batch as it ended, whatever failed */
  async waitBatch(
    id: string,
    { onLook, signal }: Signalled & { onLook?: (batch: Batch) => void } = {},
  ): Promise<Batch> {
    for (;;) {
      const batch = await this.batch(id, { signal });
      onLook?.(batch);
      if (batch.finishedAt !== undefined) return batch;
      await pause(LOOK_EVERY_MS, signal);
    }
  }

  async manifest(id: string, { signal }: Signalled = {}): Promise<Manifest> {
    const path = `/v1/jobs/${encodeURIComponent(id)}/outputs/manifest.json`;
    const response = await this.#send(path, signal === undefined ? {} : { signal });
    const manifest: Manifest = await response.json();
    return manifest;
  }

  /** An output as a stream, for what is too large for memory. */
  async stream(id: string, name: string, { signal }: Signalled = {}): Promise<ReadableStream<Uint8Array>> {
    const path = `/v1/jobs/${encodeURIComponent(id)}/outputs/${encodeURIComponent(name)}`;
    const { body } = await this.#send(path, signal === undefined ? {} : { signal });
    return body ?? new Blob([]).stream();
  }

  /**
   * Every output of a completed job, one after the other, each checked against the SHA-256 that the job names.
   * @param names only these
   */
  async *outputs(
    job: Job,
    { names, signal }: Signalled & { names?: readonly string[] } = {},
  ): AsyncGenerator<DownloadedOutput> {
    for (const { name, sha256 } of job.outputs ?? []) {
      if (names !== undefined && !names.includes(name)) continue;
      const body = await this.stream(job.id, name, { signal });
      const bytes = new Uint8Array(await new Response(body).arrayBuffer());
      if ((await sha256Of(bytes)) !== sha256) {
        throw new ProblemError({
          code: 'output-mismatch',
          detail: `${name} is not what the job says (SHA-256)`,
          status: 0,
        });
      }
      yield { name, bytes };
    }
  }

  async #send(path: string, init: RequestInit): Promise<Response> {
    const request = new Request(`${this.#url}${path}`, init);
    request.headers.set('Authorization', `Bearer ${this.#key}`);
    const response = await this.#fetch(request);
    if (!response.ok) throw await problemOf(response);
    return response;
  }
}

/** A success has a body. */
function given<T>(data: T | undefined): T {
  if (data !== undefined) return data;
  throw new ProblemError({ code: 'foreign-answer', detail: 'the server sent an empty answer', status: 0 });
}

async function sha256Of(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
