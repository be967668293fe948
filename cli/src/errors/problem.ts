import { ProblemError } from '@parse3d/client';
import { isProblemCode, Problem, type ProblemCode } from '@parse3d/contract/problems';

/** What the client threw, as the Problem that the command line shows and takes its exit code from; anything else as it is. */
export function asProblem(error: unknown): unknown {
  if (!(error instanceof ProblemError)) return error;
  const { code, message, status, fields } = error;
  const options = { cause: error };
  if (code === 'no-answer') {
    const hint = 'is it running? "parse3d up" starts one here, --url names another';
    return new Problem('service-unavailable', `${message}; ${hint}`, fields, options);
  }
  if (code === 'foreign-answer') return new Problem(codeForStatus(status), message, { ...fields, status }, options);
  if (isProblemCode(code)) return new Problem(code, message, fields, options);
  // A code that a newer server has and we do not: its status says what kind it is.
  return new Problem(codeForStatus(status), `${message} (${code})`, fields, options);
}

function codeForStatus(status: number): ProblemCode {
  if (status === 401) return 'unauthorized';
  if (status === 404) return 'not-found';
  if (status === 502 || status === 503 || status === 504) return 'service-unavailable';
  return status >= 400 && status < 500 ? 'request-invalid' : 'internal';
}
