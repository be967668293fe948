import type { Readable } from 'node:stream';
import { Manifest, type JobStatus, type SubmitJob } from '@parse3d/contract';
import { isProblem, Problem } from '@parse3d/contract/problems';
import type { z } from 'zod';
import { JobAnswer, JobEventAnswer, JobPageAnswer, PackListAnswer, VolumeAnswer } from './answers.js';
import { BatchClient } from './batches.js';
import { Http, type Download, type Signalled } from './http.js';
import { serverSentEvents } from './sse.js';

/** What a job is asked for with; everything that has a default may be left out. */
export type SubmitInput = z.input<typeof SubmitJob>;

/** How long a stream of events that was cut may take to come back. */
const RECONNECT_WITHIN_MS = 60_000;
const RECONNECT_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 5_000;

/** The HTTP API of one parse3d server, typed by the contract. Every method throws a Problem. */
export class Parse3dClient {
  readonly batches: BatchClient;
  readonly #http: Http;

  constructor(options: { url: string; key?: string | undefined }) {
    this.#http = new Http(options.url, options.key);
    this.batches = new BatchClient(this.#http);
  }

  /** Stores a NIfTI file on the server; `uri` of the answer is what a job refers to. @param bytes size of the file */
  uploadVolume(body: Readable, bytes: number, options: Signalled & { gzip?: boolean } = {}): Promise<VolumeAnswer> {
    return this.#http.json(VolumeAnswer, 'v1/volumes', {
      method: 'POST',
      headers: {
        'content-type': options.gzip === true ? 'application/gzip' : 'application/octet-stream',
        'content-length': String(bytes),
      },
      body,
      signal: options.signal,
    });
  }

  /** Resolves when this key may upload. @throws Problem `unauthorized`, `forbidden`, `service-unavailable` */
  async mayUpload({ signal }: Signalled = {}): Promise<void> {
    const headers = { 'content-type': 'application/octet-stream', 'content-length': '0' };
    try {
      const response = await this.#http.send('v1/volumes', { method: 'POST', headers, signal });
      await response.body.dump();
    } catch (error) {
      // It got as far as finding the body empty.
      if (!isProblem(error, 'request-invalid')) throw error;
    }
  }

  submit(job: SubmitInput, options: Signalled & { idempotencyKey?: string | undefined } = {}): Promise<JobAnswer> {
    const { idempotencyKey, signal } = options;
    return this.#http.json(JobAnswer, 'v1/jobs', {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey }),
      },
      body: JSON.stringify(job),
      signal,
    });
  }

  job(id: string, { signal }: Signalled = {}): Promise<JobAnswer> {
    return this.#http.json(JobAnswer, pathOf(id), { signal });
  }

  jobs(query: { status?: JobStatus | undefined; limit?: number; cursor?: string }): Promise<JobPageAnswer> {
    const search = new URLSearchParams();
    for (const [name, value] of Object.entries(query)) if (value !== undefined) search.set(name, String(value));
    return this.#http.json(JobPageAnswer, `v1/jobs?${search.toString()}`);
  }

  cancel(id: string): Promise<JobAnswer> {
    return this.#http.json(JobAnswer, pathOf(id), { method: 'DELETE' });
  }

  retry(id: string): Promise<JobAnswer> {
    return this.#http.json(JobAnswer, `${pathOf(id)}/retry`, { method: 'POST' });
  }

  packs(): Promise<PackListAnswer> {
    return this.#http.json(PackListAnswer, 'v1/packs');
  }

  manifest(id: string, { signal }: Signalled = {}): Promise<Manifest> {
    return this.#http.json(Manifest, `${pathOf(id)}/outputs/manifest.json`, { signal });
  }

  download(id: string, name: string, options: Signalled = {}): Promise<Download> {
    return this.#http.download(`${pathOf(id)}/outputs/${encodeURIComponent(name)}`, options);
  }

  /**
   * Follows one run of a job to its end. A connection that breaks is taken up again where it broke.
   * @param run events of earlier runs are left out
   */
  async *events(id: string, run: number, { signal }: Signalled = {}): AsyncGenerator<JobEventAnswer> {
    let lastId: string | undefined;
    let lostAt: number | undefined;
    let pauseMs = RECONNECT_PAUSE_MS;
    for (let connected = false; ;) {
      try {
        const headers: Record<string, string> = lastId === undefined ? {} : { 'last-event-id': lastId };
        const response = await this.#http.send(`${pathOf(id)}/events`, { headers, signal });
        connected = true;
        lostAt = undefined;
        for await (const { id: eventId, data } of serverSentEvents(response.body)) {
          lastId = eventId;
          pauseMs = RECONNECT_PAUSE_MS;
          const event = parseEvent(data);
          if (event.run < run) continue;
          yield event;
          if (event.status === 'completed' || event.status === 'failed' || event.status === 'canceled') return;
        }
      } catch (error) {
        if (signal?.aborted) throw signal.reason;
        const final = error instanceof Problem && (error.retry === 'never' || error.code === 'internal');
        if (final || !connected) throw error;
        if (lostAt !== undefined && Date.now() - lostAt > RECONNECT_WITHIN_MS) throw error;
      }
      lostAt ??= Date.now();
      await pause(pauseMs, signal);
      pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
    }
  }

  close(): Promise<void> {
    return this.#http.close();
  }
}

function parseEvent(data: string): JobEventAnswer {
  try {
    return JobEventAnswer.parse(JSON.parse(data));
  } catch (error) {
    throw new Problem('internal', 'the server sent an event that is not understood', {}, { cause: error });
  }
}

const pathOf = (id: string): string => `v1/jobs/${encodeURIComponent(id)}`;

function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    }, ms);
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}
