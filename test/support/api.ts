import { BatchView, JobView, Manifest } from '@parse3d/contract';
import { eventually } from '@parse3d/testing';
import { z } from 'zod';

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly json: Record<string, unknown>;
}

/** The HTTP API as a client sees it, with answers parsed by the published schemas. */
export class Api {
  readonly url: string;
  readonly key: string;

  constructor(url: string, key: string) {
    this.url = url;
    this.key = key;
  }

  fetch(path: string, init: RequestInit = {}): Promise<Response> {
    return fetch(`${this.url}${path}`, { ...init, headers: { Authorization: `Bearer ${this.key}`, ...init.headers } });
  }

  async send(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    const response = await this.fetch(path, {
      method,
      headers: { ...(body === undefined ? {} : { 'Content-Type': 'application/json' }), ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const json = z.record(z.string(), z.unknown()).parse(await response.json());
    return { status: response.status, headers: response.headers, json };
  }

  /** Uploads a file and returns its URI. */
  async upload(bytes: Uint8Array): Promise<string> {
    const answer = await this.tryUpload(bytes);
    if (answer.status !== 201) throw new Error(`upload refused: ${JSON.stringify(answer.json)}`);
    return z.string().parse(answer.json['uri']);
  }

  async tryUpload(bytes: Uint8Array): Promise<Answer> {
    const response = await this.fetch('/v1/volumes', {
      method: 'POST',
      headers: { 'Content-Type': 'application/octet-stream' },
      body: bytes,
    });
    const json = z.record(z.string(), z.unknown()).parse(await response.json());
    return { status: response.status, headers: response.headers, json };
  }

  async submit(body: Record<string, unknown>, headers: Record<string, string> = {}): Promise<JobView> {
    const answer = await this.send('POST', '/v1/jobs', body, headers);
    if (answer.status !== 202) throw new Error(`job refused: ${JSON.stringify(answer.json)}`);
    return JobView.parse(answer.json);
  }

  async job(id: string): Promise<JobView> {
    return JobView.parse((await this.send('GET', `/v1/jobs/${id}`)).json);
  }

  /** Waits until the job has one of these states. */
  async until(id: string, statuses: readonly JobView['status'][], timeoutMs = 45_000): Promise<JobView> {
    let last: JobView | undefined;
    return eventually(
      async () => {
        last = await this.job(id);
        return statuses.includes(last.status) ? last : undefined;
      },
      { what: `job ${id} to be ${statuses.join(' or ')}`, timeoutMs },
    ).catch((error: unknown) => {
      throw new Error(`${String(error)}; last seen ${JSON.stringify(last)}`);
    });
  }

  async ended(id: string, timeoutMs?: number): Promise<JobView> {
    return this.until(id, ['completed', 'failed', 'canceled'], timeoutMs);
  }

  async batch(id: string): Promise<BatchView> {
    return BatchView.parse((await this.send('GET', `/v1/batches/${id}`)).json);
  }

  /** Waits until the reports of a batch are there. */
  async batchEnded(id: string, timeoutMs = 45_000): Promise<BatchView> {
    return eventually(
      async () => {
        const view = await this.batch(id);
        return view.finishedAt === undefined ? undefined : view;
      },
      { what: `batch ${id} to end`, timeoutMs },
    );
  }

  async manifest(id: string): Promise<Manifest> {
    return Manifest.parse((await this.send('GET', `/v1/jobs/${id}/outputs/manifest.json`)).json);
  }

  async output(id: string, name: string): Promise<Buffer> {
    const response = await this.fetch(`/v1/jobs/${id}/outputs/${name}`);
    if (!response.ok) throw new Error(`${name}: ${response.status}`);
    return Buffer.from(await response.arrayBuffer());
  }
}
