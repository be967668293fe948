import type { Client } from 'openapi-fetch';
import { Batches } from './batches.js';
import { counted } from './body.js';
import type { components, paths } from './generated/openapi.js';
import { Jobs } from './jobs.js';
import { ProblemError } from './problem.js';
import { given, Transport, type ClientOptions, type Download, type Signalled } from './transport.js';

type Schemas = components['schemas'];
export type PackSummary = Schemas['PackSummary'];
export type UploadedVolume = Schemas['UploadedVolume'];
export type RemovedVolume = Schemas['RemovedVolume'];
export type Usage = Schemas['Usage'];

export interface UploadOptions extends Signalled {
  /** @default application/octet-stream */
  readonly contentType?: 'application/octet-stream' | 'application/gzip' | 'application/zip';
  /** Size of a stream, in bytes, where it is known: a file that is too large is then refused before it is sent. */
  readonly bytes?: number;
  /**
   * Called with the bytes that were handed to the connection so far. In browsers only where `fetch` sends streams (Chrome,
   * over HTTP/2); others need XMLHttpRequest for it.
   */
  readonly onProgress?: (bytes: number) => void;
}

/**
 * A parse3d server. `api` reaches every path with the types of its OpenAPI document; the methods beside it are the ways
 * that take more than one request. Whatever fails throws a ProblemError.
 */
export class Parse3d {
  /** Every path, typed: `client.api.GET('/v1/packs')`. An answer that is not a success throws a ProblemError here too. */
  readonly api: Client<paths>;
  readonly jobs: Jobs;
  readonly batches: Batches;
  readonly #http: Transport;

  constructor(options: ClientOptions) {
    this.#http = new Transport(options);
    this.api = this.#http.api;
    this.jobs = new Jobs(this.#http);
    this.batches = new Batches(this.#http);
  }

  /**
   * Stores a NIfTI file, packed or not, or a zip of a DICOM series; `uri` of the answer is what a job refers to.
   * @throws ProblemError `no-answer` when the connection breaks: a stream can be sent only once
   */
  async upload(
    volume: Blob | Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array>,
    { contentType = 'application/octet-stream', bytes, onProgress, signal }: UploadOptions = {},
  ): Promise<UploadedVolume> {
    const size = volume instanceof Blob ? volume.size : volume instanceof Uint8Array ? volume.length : bytes;
    const headers = {
      'Content-Type': contentType,
      ...(size === undefined ? {} : { 'Content-Length': String(size) }),
    };
    const body = onProgress === undefined ? volume : counted(streamOf(volume), onProgress);
    try {
      const response = await this.#http.send('/v1/volumes', { method: 'POST', headers, body, signal });
      const uploaded: UploadedVolume = await response.json();
      return uploaded;
    } catch (error) {
      if (signal?.aborted === true) throw signal.reason;
      // A server that refuses closes the connection while we still send, and its answer can be lost: ask without a file.
      if (error instanceof ProblemError && error.code === 'no-answer') await this.#requireUploads(signal);
      throw error;
    }
  }

  /**
   * Removes an upload, whoever still names it.
   * @throws ProblemError `not-found`
   */
  async removeVolume(uri: string): Promise<RemovedVolume> {
    return given((await this.api.DELETE('/v1/volumes', { params: { query: { uri } } })).data);
  }

  /** What the tenant has stored, its quota, and how long things stay. */
  async usage({ signal }: Signalled = {}): Promise<Usage> {
    return given((await this.api.GET('/v1/usage', { signal: signal ?? null })).data);
  }

  async packs({ signal }: Signalled = {}): Promise<PackSummary[]> {
    return given((await this.api.GET('/v1/packs', { signal: signal ?? null })).data).packs;
  }

  /** A stored volume as it was uploaded or lies in storage. */
  volume(uri: string, options: Signalled = {}): Promise<Download> {
    return this.#http.download(`/v1/volumes/content?uri=${encodeURIComponent(uri)}`, options);
  }

  /** A file that an answer names by its path, such as `url` of an output. @param path on this server, with a slash in front */
  download(path: string, options: Signalled = {}): Promise<Download> {
    return this.#http.download(path, options);
  }

  /** @throws ProblemError `unauthorized` or `forbidden` when this key must not upload, `no-answer` */
  async #requireUploads(signal: AbortSignal | undefined): Promise<void> {
    try {
      const headers = { 'Content-Type': 'application/octet-stream' };
      await this.#http.send('/v1/volumes', { method: 'POST', headers, body: new Uint8Array(0), signal });
    } catch (error) {
      // The request got as far as the check for an empty body.
      if (!(error instanceof ProblemError && error.code === 'request-invalid')) throw error;
    }
  }
}

const streamOf = (volume: Blob | Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array>): ReadableStream<Uint8Array> =>
  volume instanceof ReadableStream ? volume : (volume instanceof Blob ? volume : new Blob([volume])).stream();
