/** An answer of the server that is not a success, as described by RFC 9457, or a server that did not answer. */
export class ProblemError extends Error {
  /**
   * Stable, such as `prompt-unknown`; docs/reference/problems.md lists those of the server. The client's own are
   * `no-answer` (the server was not reached, or fell silent), `foreign-answer` (whatever answered is not parse3d) and
   * `output-mismatch`.
   */
  readonly code: string;
  /** What kind of problem it is, in a few words for people. */
  readonly title: string;
  /** HTTP status, 0 without an answer. */
  readonly status: number;
  /** True when the same request can succeed later. */
  readonly retryable: boolean;
  /** Further members of the answer: `requestId`, `suggestions`, … */
  readonly fields: Readonly<Record<string, unknown>>;

  constructor(
    {
      code,
      detail,
      status,
      title = detail,
      fields = {},
    }: {
      code: string;
      detail: string;
      status: number;
      title?: string;
      fields?: Readonly<Record<string, unknown>>;
    },
    options?: ErrorOptions,
  ) {
    super(detail, options);
    this.name = 'ProblemError';
    this.code = code;
    this.title = title;
    this.status = status;
    this.retryable = status === 0 || REFUSED_FOR_NOW.includes(status) || NOT_ANSWERED.includes(status);
    this.fields = fields;
  }
}

/** Answers after which nothing was done, so that any request may be sent again. */
export const REFUSED_FOR_NOW: readonly number[] = [429, 503];
/** What a proxy answers for a server that did not: only a request that changes nothing may be sent again. */
export const NOT_ANSWERED: readonly number[] = [502, 504];

/** The answer as a ProblemError, also one that a proxy gave. */
export async function problemOf(response: Response): Promise<ProblemError> {
  const body: unknown = await response.json().catch(() => undefined);
  if (response.redirected && !isProblemBody(body)) {
    return new ProblemError({
      code: 'storage-unavailable',
      title: 'The object storage does not answer',
      detail: `the storage answered the download with HTTP ${response.status}`,
      status: 503,
    });
  }
  return problemFrom(response.status, body, new URL(response.url).origin);
}

/**
 * @param body as parsed from JSON; undefined where the answer was not JSON
 * @param origin of the server, for the message
 */
export function problemFrom(status: number, body: unknown, origin: string): ProblemError {
  if (!isProblemBody(body)) return foreignAnswer(status, origin);
  const { type, detail, title, status: _status, ...fields } = { title: undefined, status, ...body };
  return new ProblemError({
    code: String(type).split('/').at(-1) ?? '',
    detail: String(detail),
    status,
    fields,
    ...(typeof title === 'string' ? { title } : {}),
  });
}

const isProblemBody = (body: unknown): body is { type: unknown; detail: unknown } =>
  typeof body === 'object' && body !== null && 'type' in body && 'detail' in body;

/** Something between the client and parse3d answered, or the address is not that of a parse3d server. */
export const foreignAnswer = (status: number, origin: string): ProblemError =>
  new ProblemError({
    code: 'foreign-answer',
    title: 'The answer is not from parse3d',
    detail: `${origin} answered HTTP ${status}, which does not look like parse3d; check the address`,
    status,
    fields: { origin },
  });

/** @param cause what the connection failed with */
export function noAnswer(origin: string, cause: unknown): ProblemError {
  return new ProblemError(
    {
      code: 'no-answer',
      title: 'The server does not answer',
      detail: `no answer from ${origin} (${reasonOf(cause)})`,
      status: 0,
      fields: { origin },
    },
    { cause },
  );
}

/** `ECONNREFUSED` rather than `fetch failed`: Node keeps the reason in the cause. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if ('code' in error && typeof error.code === 'string') return error.code;
  return error.cause === undefined ? error.message : reasonOf(error.cause);
}
