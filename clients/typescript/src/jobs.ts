import type { Purged } from './batches.js';
import type { components, operations } from './generated/openapi.js';
import { serverSentEvents } from './event-stream.js';
import { Backoff } from './pause.js';
import { ProblemError } from './problem.js';
import { given, type Download, type Signalled, type Transport } from './transport.js';

type Schemas = components['schemas'];
type ListQuery = NonNullable<operations['listJobs']['parameters']['query']>;
export type Job = Schemas['Job'];
export type JobEvent = Schemas['JobEvent'];
export type JobPage = Schemas['JobPage'];
export type Manifest = Schemas['Manifest'];
export type SubmitJob = Schemas['SubmitJob'];

export interface NumberedEvent {
  /** For `lastEventId`: the stream goes on after it. */
  readonly id: string | undefined;
  readonly event: JobEvent;
}

export interface DownloadedOutput {
  readonly name: string;
  readonly bytes: Uint8Array;
}

export interface FollowOptions extends Signalled {
  /** Events of earlier runs are left out. @default 1 */
  readonly run?: number;
  /** Called with false when the connection is lost, and with true when there is one. */
  readonly onConnection?: (connected: boolean) => void;
  /** How long the server may be away before that is an error, in ms. @default 60000 */
  readonly giveUpAfterMs?: number;
}

const RECONNECT_MS = 500;
const LONGEST_RECONNECT_MS = 5_000;

const hasEnded = (status: Job['status']): boolean =>
  status === 'completed' || status === 'failed' || status === 'canceled';

/** Jobs of a parse3d server. Every method throws a ProblemError. */
export class Jobs {
  readonly #http: Transport;

  constructor(http: Transport) {
    this.#http = http;
  }

  /** @param idempotencyKey the same key again finds the same job, so that a repeated request runs nothing twice */
  async submit(
    job: SubmitJob,
    { idempotencyKey, signal }: Signalled & { idempotencyKey?: string | undefined } = {},
  ): Promise<Job> {
    const { data } = await this.#http.api.POST('/v1/jobs', {
      params: { header: idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey } },
      body: job,
      signal: signal ?? null,
    });
    return given(data);
  }

  async get(id: string, { signal }: Signalled = {}): Promise<Job> {
    return given((await this.#http.api.GET('/v1/jobs/{id}', { ...at(id), signal: signal ?? null })).data);
  }

  /** Newest first. @param query `cursor` is `next` of the page before; `limit` at most 200 */
  async list(query: ListQuery = {}): Promise<JobPage> {
    return given((await this.#http.api.GET('/v1/jobs', { params: { query } })).data);
  }

  /** Asks for a job to be canceled: one that waits is at once, one that runs within seconds. */
  async cancel(id: string): Promise<Job> {
    const job = given((await this.#http.api.DELETE('/v1/jobs/{id}', at(id))).data);
    if ('run' in job) return job;
    throw new ProblemError({ code: 'foreign-answer', detail: 'the server removed the job', status: 200 });
  }

  /**
   * Removes a job that has ended for good, with its outputs and, once nothing else names it, its upload. It can be
   * repeated.
   * @throws ProblemError `state-conflict` for a job that has not ended, or is one of a batch
   */
  async purge(id: string): Promise<Purged> {
    const { data } = await this.#http.api.DELETE('/v1/jobs/{id}', {
      params: { path: { id }, query: { purge: 'true' } },
    });
    const purged = given(data);
    if ('purgedAt' in purged) return purged;
    throw new ProblemError({ code: 'foreign-answer', detail: 'the server canceled the job', status: 202 });
  }

  /** Runs a failed or canceled job again, as a new run of the same job. */
  async retry(id: string): Promise<Job> {
    return given((await this.#http.api.POST('/v1/jobs/{id}/retry', at(id))).data);
  }

  /**
   * The events of a job over one connection, as server-sent events. The stream ends when the job has ended, and when the
   * connection does; `follow` connects again.
   * @param lastEventId only what came after it
   * @param onOpen called once the server has answered
   */
  async *events(
    id: string,
    { lastEventId, onOpen, signal }: Signalled & { lastEventId?: string | undefined; onOpen?: () => void } = {},
  ): AsyncGenerator<NumberedEvent, 'no-more' | 'ended'> {
    const headers: Record<string, string> = lastEventId === undefined ? {} : { 'Last-Event-ID': lastEventId };
    const response = await this.#http.send(`${pathOf(id)}/events`, { headers, signal });
    onOpen?.();
    if (response.status === 204) return 'no-more';
    for await (const { id: eventId, data } of serverSentEvents(this.#http.bodyOf(response))) {
      yield { id: eventId ?? lastEventId, event: parseEvent(data) };
    }
    return 'ended';
  }

  /**
   * Follows one run of a job to its end. A connection that breaks is taken up again after the last event that came.
   * @throws ProblemError when the server refuses, or has been away for too long; the signal's reason when it aborts
   */
  async *follow(
    id: string,
    { run = 1, onConnection, giveUpAfterMs = 60_000, signal }: FollowOptions = {},
  ): AsyncGenerator<JobEvent> {
    const backoff = new Backoff(RECONNECT_MS, LONGEST_RECONNECT_MS);
    let lastEventId: string | undefined;
    let lostAt: number | undefined;
    const onOpen = (): void => {
      lostAt = undefined;
      onConnection?.(true);
    };
    for (;;) {
      const events = this.events(id, { lastEventId, onOpen, signal });
      try {
        let next = await events.next();
        for (; next.done !== true; next = await events.next()) {
          const { id: eventId, event } = next.value;
          lastEventId = eventId;
          backoff.reset();
          if (event.run < run) continue;
          yield event;
          if (hasEnded(event.status)) return;
        }
        if (next.value === 'no-more') return;
      } catch (error) {
        if (signal?.aborted === true) throw signal.reason;
        if (error instanceof ProblemError && !error.retryable) throw error;
        if (lostAt !== undefined && Date.now() - lostAt > giveUpAfterMs) throw error;
      } finally {
        await events.return('ended');
      }
      lostAt ??= Date.now();
      onConnection?.(false);
      await backoff.wait(signal);
    }
  }

  /**
   * Follows a job to its end.
   * @returns the job as it ended, completed or not
   */
  async wait(id: string, { onEvent, signal }: Signalled & { onEvent?: (event: JobEvent) => void } = {}): Promise<Job> {
    for (;;) {
      const job = await this.get(id, { signal });
      if (hasEnded(job.status)) return job;
      for await (const event of this.follow(id, { run: job.run, signal })) onEvent?.(event);
    }
  }

  async manifest(id: string, { signal }: Signalled = {}): Promise<Manifest> {
    const response = await this.#http.send(`${pathOf(id)}/outputs/manifest.json`, { signal });
    const manifest: Manifest = await response.json();
    return manifest;
  }

  /** One output as a stream, for what is too large for memory. */
  output(id: string, name: string, options: Signalled = {}): Promise<Download> {
    return this.#http.download(`${pathOf(id)}/outputs/${encodeURIComponent(name)}`, options);
  }

  /**
   * Every output of a completed job in memory, one after the other, each checked against the SHA-256 that the job names.
   * @param names only these
   * @throws ProblemError `output-mismatch`
   */
  async *outputs(
    job: Job,
    { names, signal }: Signalled & { names?: readonly string[] } = {},
  ): AsyncGenerator<DownloadedOutput> {
    for (const { name, sha256 } of job.outputs ?? []) {
      if (names !== undefined && !names.includes(name)) continue;
      const { body } = await this.output(job.id, name, { signal });
      const bytes = new Uint8Array(await new Response(body).arrayBuffer());
      if ((await sha256Of(bytes)) !== sha256) {
        throw new ProblemError({
          code: 'output-mismatch',
          detail: `${name} does not have the SHA-256 that the job names`,
          status: 0,
        });
      }
      yield { name, bytes };
    }
  }
}

const at = (id: string) => ({ params: { path: { id } } });
const pathOf = (id: string): string => `/v1/jobs/${encodeURIComponent(id)}`;

function parseEvent(data: string): JobEvent {
  try {
    return JSON.parse(data) as JobEvent;
  } catch (cause) {
    throw new ProblemError(
      { code: 'foreign-answer', detail: 'the server sent an event that is not JSON', status: 200 },
      { cause },
    );
  }
}

async function sha256Of(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
