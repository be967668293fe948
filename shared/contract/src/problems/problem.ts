import { isProblemCode, problemKinds, type ProblemCode, type ProblemKind } from './codes.js';

/** Facts about the problem that a program can read: offending value, expectation, suggestions. Never voxels or secrets. */
export type ProblemFields = Readonly<Record<string, unknown>>;

/** How a problem travels: between processes, in manifests, and as the body of RFC 9457 responses. */
export interface ProblemJson {
  readonly code: ProblemCode;
  /** What was expected, what came, what to do. */
  readonly detail: string;
  readonly retry: 'never' | 'later';
  readonly fields: ProblemFields;
}

/** An error that a user or a program can act on. `detail` says what was expected, what came and what to do. */
export class Problem extends Error {
  readonly code: ProblemCode;
  readonly retry: 'never' | 'later';
  readonly fields: ProblemFields;

  constructor(code: ProblemCode, detail: string, fields: ProblemFields = {}, options?: ErrorOptions) {
    super(detail, options);
    this.name = 'Problem';
    this.code = code;
    this.retry = problemKinds[code].retry;
    this.fields = fields;
  }

  get status(): number {
    return problemKinds[this.code].status;
  }

  /** Whose problem it is: the request's, the run's or the place's. */
  get fault(): ProblemKind['fault'] {
    return problemKinds[this.code].fault;
  }

  get title(): string {
    return problemKinds[this.code].title;
  }

  toJSON(): ProblemJson {
    return { code: this.code, detail: this.message, retry: this.retry, fields: this.fields };
  }

  static fromJSON(json: { code: string; detail: string; fields?: ProblemFields | undefined }): Problem {
    return new Problem(isProblemCode(json.code) ? json.code : 'internal', json.detail, json.fields ?? {});
  }

  /**
   * Any thrown value as a Problem: itself, the shortage of the machine that a system error stands for, or `internal` with
   * the original as its cause.
   */
  static from(error: unknown, code: ProblemCode = 'internal'): Problem {
    if (error instanceof Problem) return error;
    const message = error instanceof Error ? error.message : String(error);
    return new Problem(shortageOf(error) ?? code, message, {}, { cause: error });
  }
}

const SHORTAGES: Readonly<Record<string, ProblemCode>> = {
  ENOSPC: 'disk-full',
  EDQUOT: 'disk-full',
  ENOMEM: 'machine-short',
  EAGAIN: 'machine-short',
  EMFILE: 'machine-short',
  ENFILE: 'machine-short',
};

/** What the machine lacks, when a system error says so. */
export function shortageOf(error: unknown): ProblemCode | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string'
    ? SHORTAGES[error.code]
    : undefined;
}

/** True for a Problem with one of these codes. */
export function isProblem(error: unknown, ...codes: ProblemCode[]): error is Problem {
  return error instanceof Problem && (codes.length === 0 || codes.includes(error.code));
}
