import { Problem, type ProblemCode } from '@parse3d/contract/problems';

/** The parts of an SDK error that tell what happened; every one may be absent. */
interface Failure {
  /** S3's error code, or the name of a client-side error. */
  readonly name: string;
  readonly status: number | undefined;
  /** Code of a system error, such as ECONNREFUSED. */
  readonly code: string | undefined;
  readonly message: string;
}

const DENIED = new Set([
  'AccessDenied',
  'AllAccessDisabled',
  'InvalidAccessKeyId',
  'SignatureDoesNotMatch',
  'ExpiredToken',
  'InvalidToken',
  'RequestTimeTooSkewed',
  'CredentialsProviderError',
]);

/** A failure of an S3 request as the Problem that it means for an object; a Problem stays what it is. */
export function s3Problem(error: unknown, key: string, bucket: string): Problem {
  if (error instanceof Problem) return error;
  const failure = readFailure(error);
  const problem = (code: ProblemCode, detail: string): Problem =>
    new Problem(code, detail, { key, bucket, s3Error: failure.name, s3Status: failure.status }, { cause: error });
  const said = [failure.name, failure.code, failure.status].filter((part) => part !== undefined).join(' ');

  if (failure.name === 'NoSuchBucket') return problem('blob-missing', `there is no bucket ${bucket}`);
  if (DENIED.has(failure.name) || failure.status === 401 || failure.status === 403) {
    return problem('storage-denied', `the store refuses access to ${key} in ${bucket} (${said})`);
  }
  // A multipart upload that is gone says nothing about the object.
  if (failure.name === 'NoSuchUpload') {
    return problem('storage-unavailable', `the store lost the upload of ${key} to ${bucket} (${said})`);
  }
  if (failure.status === 404) return problem('blob-missing', `there is no object ${key} in ${bucket}`);
  if (failure.status === 412) return problem('blob-changed', `${key} in ${bucket} is not the expected version`);
  if (failure.status === 416)
    return problem('blob-range-invalid', `the byte range lies outside of ${key} in ${bucket}`);
  if (failure.name === 'KeyTooLongError' || failure.name === 'InvalidObjectName') {
    return problem('blob-key-invalid', `the store cannot hold the key ${key} (${said})`);
  }
  if (failure.name === 'EntityTooLarge') return problem('payload-too-large', `${key} is too large for the store`);
  return problem('storage-unavailable', `the store failed at ${key} in ${bucket} (${said}: ${failure.message})`);
}

/** True when a conditional create failed because the key is taken, or was being written by another. */
export function isConflict(error: unknown): boolean {
  const { status } = readFailure(error);
  return status === 412 || status === 409;
}

/** True when the store does not know the multipart upload: it was completed already, or aborted. */
export function isUploadGone(error: unknown): boolean {
  return readFailure(error).name === 'NoSuchUpload';
}

function readFailure(error: unknown): Failure {
  if (!(error instanceof Error)) return { name: 'unknown', status: undefined, code: undefined, message: String(error) };
  const metadata: unknown = '$metadata' in error ? error.$metadata : undefined;
  const status =
    typeof metadata === 'object' && metadata !== null && 'httpStatusCode' in metadata
      ? metadata.httpStatusCode
      : undefined;
  const code = 'code' in error ? error.code : undefined;
  return {
    name: error.name,
    status: typeof status === 'number' ? status : undefined,
    code: typeof code === 'string' ? code : undefined,
    message: error.message,
  };
}
