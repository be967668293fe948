/** An answer of the server that is no success, as RFC 9457 tells it, or a server that did not answer. */
export class ProblemError extends Error {
  /** Stable, such as `prompt-unknown`; `no-answer` when the server was not reached. docs/reference/problems.md lists all. */
  readonly code: string;
  /** HTTP status, 0 without an answer. */
  readonly status: number;
  /** True when the same request can succeed later. */
  readonly retryable: boolean;
  /** What the answer told besides: `requestId`, `suggestions`, … */
  readonly fields: Readonly<Record<string, unknown>>;

  constructor(
    {
      code,
      detail,
      status,
      fields = {},
    }: {
      code: string;
      detail: string;
      status: number;
      fields?: Readonly<Record<string, unknown>>;
    },
    options?: ErrorOptions,
  ) {
    super(detail, options);
    this.name = 'ProblemError';
    this.code = code;
    this.status = status;
    this.retryable = status === 0 || RETRYABLE.includes(status);
    this.fields = fields;
  }
}

/** Answers after which nothing was done, so that any request may be sent again. */
export const RETRYABLE: readonly number[] = [429, 503];

/** The answer as a ProblemError; also one that is not of parse3d, as a proxy gives. */
export async function problemOf(response: Response): Promise<ProblemError> {
  const { status, url } = response;
  const body: unknown = await response.json().catch(() => undefined);
  if (typeof body !== 'object' || body === null || !('type' in body) || !('detail' in body)) {
    return new ProblemError({
      code: 'foreign-answer',
      detail: `${url} answered HTTP ${status}, and not as parse3d does`,
      status,
    });
  }
  const { type, detail, title: _title, status: _status, ...fields } = { title: '', status: 0, ...body };
  return new ProblemError({ code: String(type).split('/').at(-1) ?? '', detail: String(detail), status, fields });
}
