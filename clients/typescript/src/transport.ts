import createClient, { type Client } from 'openapi-fetch';
import { failWhenSilent } from './body.js';
import type { paths } from './generated/openapi.js';
import { foreignAnswer, ProblemError, problemOf } from './problem.js';
import { sendWithRetries, type Fetch, type RetryOptions } from './retry.js';

export interface ClientOptions extends Partial<RetryOptions> {
  /** Such as `http://127.0.0.1:8080`. */
  readonly url: string;
  /** `p3d_…`. Without a key the server answers `unauthorized`. */
  readonly key?: string | undefined;
  /** @default the global one */
  readonly fetch?: Fetch;
  /** How long a download or a stream of events may bring nothing, in ms; the server sends a sign of life every 10 s. @default 60000 */
  readonly silenceMs?: number;
}

export interface Signalled {
  readonly signal?: AbortSignal | undefined;
}

/** A file of the server, as it comes. */
export interface Download {
  /** Size as announced, in bytes. */
  readonly bytes: number | undefined;
  readonly body: ReadableStream<Uint8Array>;
}

export interface SendOptions extends Signalled {
  readonly method?: 'GET' | 'POST';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Blob | Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array>;
}

/** HTTP to one parse3d server: adds the key, tries again where that can help, and turns every failure into a ProblemError. */
export class Transport {
  readonly api: Client<paths>;
  readonly origin: string;
  readonly #url: string;
  readonly #key: string | undefined;
  readonly #fetch: Fetch;
  readonly #retry: RetryOptions;
  readonly #silenceMs: number;

  constructor({
    url,
    key,
    fetch = (request) => globalThis.fetch(request),
    retries = 5,
    longestWaitMs = 30_000,
    silenceMs = 60_000,
  }: ClientOptions) {
    this.#url = url.replace(/\/$/, '');
    this.origin = new URL(url).origin;
    this.#key = key;
    this.#fetch = fetch;
    this.#retry = { retries, longestWaitMs };
    this.#silenceMs = silenceMs;
    this.api = createClient<paths>({
      baseUrl: this.#url,
      headers: this.#authorization(),
      fetch: (request) => sendWithRetries(() => request.clone(), this.#fetch, this.#retry),
    });
    this.api.use({ onResponse: ({ response }) => this.#requireSuccess(response) });
  }

  /**
   * A request whose body or answer is not JSON.
   * @param path with a slash in front
   */
  async send(path: string, { method = 'GET', headers = {}, body, signal }: SendOptions = {}): Promise<Response> {
    const streams = body instanceof ReadableStream;
    const request = (): Request =>
      new Request(`${this.#url}${path}`, {
        method,
        headers: { ...this.#authorization(), ...headers },
        body: body ?? null,
        signal: signal ?? null,
        ...(streams ? { duplex: 'half' } : {}),
      });
    // A stream can be sent only once.
    const retry = streams ? { ...this.#retry, retries: 0 } : this.#retry;
    const response = await sendWithRetries(request, this.#fetch, retry);
    await this.#requireSuccess(response);
    return response;
  }

  /** @throws ProblemError of the answer; `no-answer`, from reading, when the server falls silent */
  async download(
    path: string,
    { headers = {}, signal }: Signalled & Pick<SendOptions, 'headers'> = {},
  ): Promise<Download> {
    const response = await this.send(path, { headers, signal });
    const length = response.headers.get('content-length');
    return {
      // What was packed for the way is announced with its packed size.
      bytes: length === null || response.headers.has('content-encoding') ? undefined : Number(length),
      body: this.bodyOf(response),
    };
  }

  /** The bytes of an answer. @throws ProblemError `no-answer`, from reading, when the server falls silent */
  bodyOf({ body }: Response): ReadableStream<Uint8Array> {
    return failWhenSilent(body ?? new Blob([]).stream(), this.#silenceMs, this.origin);
  }

  #authorization(): Record<string, string> {
    return this.#key === undefined ? {} : { Authorization: `Bearer ${this.#key}` };
  }

  async #requireSuccess(response: Response): Promise<undefined> {
    if (!response.ok) throw await problemOf(response);
    // The start page of some other server is a success too.
    if (response.headers.get('content-type')?.startsWith('text/html') === true) {
      await response.body?.cancel();
      throw foreignAnswer(response.status, this.origin);
    }
  }
}

/** The body of a success. */
export function given<T>(data: T | undefined): T {
  if (data !== undefined) return data;
  throw new ProblemError({ code: 'foreign-answer', detail: 'the server sent an empty answer', status: 200 });
}
