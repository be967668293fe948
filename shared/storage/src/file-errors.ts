import { Problem, type ProblemCode } from '@parse3d/contract/problems';

/** True for a system error with one of these codes. */
export function hasCode(error: unknown, ...codes: string[]): boolean {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && codes.includes(error.code);
}

/** A failure of the file system as the Problem that it means for an object; a Problem stays what it is. */
export function fileProblem(error: unknown, key: string): Error {
  if (error instanceof Problem) return error;
  const problem = (code: ProblemCode, detail: string): Problem => new Problem(code, detail, { key }, { cause: error });
  const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
  switch (code) {
    case 'ENOENT':
    case 'ELOOP':
      return problem('blob-missing', `there is no object ${key}`);
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return problem('storage-denied', `the file system refuses access to ${key} (${code})`);
    case 'EISDIR':
      return problem('blob-key-invalid', `${key} is the beginning of other keys, so the local store cannot hold it`);
    case 'ENOTDIR':
      return problem('blob-key-invalid', `a part of ${key} is an object, so the local store can hold nothing below it`);
    case 'ENAMETOOLONG':
      return problem('blob-key-invalid', `${key} is longer than the file system allows`);
    case 'ENOSPC':
    case 'EDQUOT':
      return problem('storage-full', `there is no room left for ${key} (${code})`);
    default:
      return problem('storage-unavailable', `the file system failed at ${key} (${code})`);
  }
}
