import type { Readable } from 'node:stream';
import { isProblemCode, Problem } from '@parse3d/contract/problems';
import { Agent, request, type Dispatcher } from 'undici';
import { z } from 'zod';

export interface HttpRequest {
  readonly method?: 'GET' | 'POST' | 'DELETE';
  readonly headers?: Record<string, string>;
  readonly body?: string | Readable;
  readonly signal?: AbortSignal | undefined;
}

export type HttpResponse = Dispatcher.ResponseData;

export interface Signalled {
  readonly signal?: AbortSignal | undefined;
}

export interface Download {
  /** Size as announced, in bytes. */
  readonly bytes: number | undefined;
  readonly body: Readable;
}

const ProblemAnswer = z.looseObject({ type: z.string(), detail: z.string(), status: z.int() });

/** HTTP to one parse3d server: adds the key, and turns every failure into a Problem. */
export class Http {
  readonly #base: URL;
  readonly #key: string | undefined;
  // A server that is busy answers late; one that sends nothing at all for a minute is lost.
  readonly #agent = new Agent({ connect: { timeout: 10_000 }, headersTimeout: 120_000, bodyTimeout: 60_000 });

  constructor(url: string, key: string | undefined) {
    this.#base = new URL(url.endsWith('/') ? url : `${url}/`);
    this.#key = key;
  }

  /**
   * @param path without a slash in front
   * @throws Problem of the server's answer, or `service-unavailable`
   */
  async send(path: string, options: HttpRequest = {}): Promise<HttpResponse> {
    const authorization = this.#key === undefined ? {} : { authorization: `Bearer ${this.#key}` };
    const response = await this.#exchange(new URL(path, this.#base), {
      ...options,
      headers: { ...options.headers, ...authorization },
    });
    if (response.statusCode === 307) return this.#follow(response, options);
    if (response.statusCode >= 400) throw await this.#problemOf(response);
    return response;
  }

  /** The JSON of an answer, in the form that is expected. */
  async json<T>(schema: z.ZodType<T>, path: string, options: HttpRequest = {}): Promise<T> {
    const response = await this.send(path, options);
    const parsed = schema.safeParse(await response.body.json().catch(() => undefined));
    if (parsed.success) return parsed.data;
    const issue = parsed.error.issues[0];
    const where = issue?.path.map(String).join('.') ?? '';
    throw new Problem(
      'internal',
      `the answer of ${this.#base.origin} to ${path} is not what parse3d sends (${where}: ${issue?.message ?? ''})`,
    );
  }

  /** A file, as it comes. @throws Problem as `send` */
  async download(path: string, { signal }: Signalled = {}): Promise<Download> {
    const response = await this.send(path, { signal });
    const length = Number(response.headers['content-length']);
    return { bytes: Number.isFinite(length) ? length : undefined, body: response.body };
  }

  close(): Promise<void> {
    return this.#agent.destroy();
  }

  /** The store that a download is sent to must not see the key. */
  async #follow(response: HttpResponse, { signal }: HttpRequest): Promise<HttpResponse> {
    await response.body.dump();
    const { location } = response.headers;
    if (typeof location !== 'string') throw new Problem('internal', 'the server redirects to nowhere');
    const next = await this.#exchange(new URL(location, this.#base), { signal });
    if (next.statusCode < 300) return next;
    await next.body.dump();
    throw new Problem('storage-unavailable', `the storage answered the download with HTTP ${next.statusCode}`);
  }

  async #exchange(url: URL, { method = 'GET', headers = {}, body, signal }: HttpRequest): Promise<HttpResponse> {
    try {
      return await request(url, {
        dispatcher: this.#agent,
        method,
        headers,
        ...(body === undefined ? {} : { body }),
        ...(signal === undefined ? {} : { signal }),
      });
    } catch (error) {
      if (signal?.aborted) throw signal.reason;
      throw unreachable(url, error);
    }
  }

  async #problemOf(response: HttpResponse): Promise<Problem> {
    const text = await response.body.text().catch(() => '');
    const parsed = ProblemAnswer.safeParse(parseJson(text));
    const status = response.statusCode;
    if (!parsed.success) return foreignAnswer(this.#base.origin, status);
    const { type, detail, title: _title, status: _status, ...fields } = parsed.data;
    const code = type.split('/').at(-1) ?? '';
    if (isProblemCode(code)) return new Problem(code, detail, fields);
    // A code that a newer server has and we do not: its status says what kind it is.
    return new Problem(codeForStatus(status), `${detail} (${code})`, fields);
  }
}

/** Any failure of the connection as a Problem that names the server and the cause. */
export function unreachable(url: URL, error: unknown): Problem {
  const cause = error instanceof Error ? ('code' in error && String(error.code)) || error.message : String(error);
  return new Problem(
    'service-unavailable',
    `no answer from ${url.origin} (${cause}); is it running? "parse3d up" starts one here, --url names another`,
    { url: url.origin },
    { cause: error },
  );
}

/** Something between us and parse3d answered, or the URL is not that of a parse3d server. */
function foreignAnswer(origin: string, status: number): Problem {
  return new Problem(
    codeForStatus(status),
    `${origin} answered HTTP ${status}, and not as parse3d does; is --url right?`,
    {
      status,
    },
  );
}

function codeForStatus(
  status: number,
): 'unauthorized' | 'not-found' | 'service-unavailable' | 'request-invalid' | 'internal' {
  if (status === 401) return 'unauthorized';
  if (status === 404) return 'not-found';
  if (status === 502 || status === 503 || status === 504) return 'service-unavailable';
  return status < 500 ? 'request-invalid' : 'internal';
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
