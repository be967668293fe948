import { Problem, type ProblemCode } from '@parse3d/contract/problems';

/** The parts of an SDK error that say what happened; every one may be absent. */
interface Failure {
  /** S3's error code, or the name of a client-side error. */
  readonly name: string;
  readonly status: number | undefined;
  /** Code of a system error, such as ECONNREFUSED. */
  readonly code: string | undefined;
  readonly message: string;
  /** Where the bucket lies, when the store says so. */
  readonly region: string | undefined;
}

/** The store answers so to somebody whose key is wrong, expired, or signed with a wrong clock. */
const CREDENTIALS = new Set([
  'InvalidAccessKeyId',
  'SignatureDoesNotMatch',
  'ExpiredToken',
  'ExpiredTokenException',
  'TokenRefreshRequired',
  'InvalidToken',
  'RequestTimeTooSkewed',
  'RequestExpired',
  'CredentialsProviderError',
  'TokenProviderError',
]);

const OTHER_REGION = new Set([
  'PermanentRedirect',
  'TemporaryRedirect',
  'AuthorizationHeaderMalformed',
  'IllegalLocationConstraintException',
]);

/** MinIO and Ceph say so when their disks, or a quota, are full. */
const FULL = new Set(['XMinioStorageFull', 'InsufficientStorage', 'QuotaExceeded']);

/** Of the 4xx answers, those that pass: the client was too slow, too fast, or met another writer. */
const PASSING_STATUS = new Set([408, 409, 425, 429]);
const PASSING = new Set(['RequestTimeout', 'IncompleteBody', 'SlowDown', 'OperationAborted', 'BadDigest']);

/**
 * A failure of an S3 request as the Problem that it means for an object; a Problem stays what it is. Only what another
 * try can mend is `storage-unavailable`: a refusal (a 3xx or 4xx answer) stays a refusal however often it is asked for.
 */
export function s3Problem(error: unknown, key: string, bucket: string): Problem {
  if (error instanceof Problem) return error;
  const failure = readFailure(error);
  const { name, status, region } = failure;
  const problem = (code: ProblemCode, detail: string): Problem =>
    new Problem(code, detail, { key, bucket, s3Error: name, s3Status: status, region }, { cause: error });
  const said = [name, failure.code, status].filter((part) => part !== undefined).join(' ');

  if (name === 'NoSuchBucket') return missingBucket(bucket);
  if (OTHER_REGION.has(name) || status === 301 || status === 307 || (status === 400 && region !== undefined)) {
    const where = region === undefined ? 'in another region' : `in the region ${region}`;
    return problem(
      'storage-wrong-region',
      `the bucket ${bucket} lies ${where}, which is not the one that this service asks (${said}); set PARSE3D_S3_REGION` +
        (region === undefined ? '' : `=${region}`),
    );
  }
  if (name === 'InvalidObjectState') {
    return problem('blob-archived', `${key} in ${bucket} lies in an archive class; restore it first (${said})`);
  }
  if (CREDENTIALS.has(name)) {
    return problem(
      'storage-credentials',
      `the store does not accept the credentials of this service for ${bucket} (${said}: ${failure.message})`,
    );
  }
  if (name.startsWith('KMS.') || name.startsWith('KMS')) {
    return problem('storage-denied', `the key that encrypts ${key} in ${bucket} cannot be used (${said})`);
  }
  // Ceph answers 403 when the quota of the service's own user or bucket is used up.
  if (status === 507 || FULL.has(name)) {
    return problem('storage-full', `the store has no room left for ${key} in ${bucket} (${said})`);
  }
  if (status === 401 || status === 403) {
    return problem('storage-denied', `the store refuses access to ${key} in ${bucket} (${said})`);
  }
  // A multipart upload that is gone says nothing about the object.
  if (name === 'NoSuchUpload') {
    return problem('storage-unavailable', `the store lost the upload of ${key} to ${bucket} (${said})`);
  }
  if (status === 404) return problem('blob-missing', `there is no object ${key} in ${bucket}`);
  if (status === 412) return problem('blob-changed', `${key} in ${bucket} is not the expected version`);
  if (status === 416) return problem('blob-range-invalid', `the byte range lies outside of ${key} in ${bucket}`);
  if (name === 'KeyTooLongError' || name === 'InvalidObjectName') {
    return problem('blob-key-invalid', `the store cannot hold the key ${key} (${said})`);
  }
  if (name === 'EntityTooLarge') return problem('payload-too-large', `${key} is too large for the store`);
  if (status !== undefined && status >= 300 && status < 500 && !PASSING_STATUS.has(status) && !PASSING.has(name)) {
    return problem(
      'storage-denied',
      `the store refuses the request for ${key} in ${bucket} (${said}: ${failure.message})`,
    );
  }
  return problem('storage-unavailable', `the store failed at ${key} in ${bucket} (${said}: ${failure.message})`);
}

export const missingBucket = (bucket: string): Problem =>
  new Problem('bucket-missing', `there is no bucket ${bucket}`, { bucket });

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
  const unknown = { status: undefined, code: undefined, region: undefined };
  if (!(error instanceof Error)) return { ...unknown, name: 'unknown', message: String(error) };
  const status = member(member(error, '$metadata'), 'httpStatusCode');
  const code = member(error, 'code');
  // A HEAD has no body: where the bucket lies stands in a header alone.
  const region =
    member(member(member(error, '$response'), 'headers'), 'x-amz-bucket-region') ?? member(error, 'Region');
  return {
    name: error.name,
    status: typeof status === 'number' ? status : undefined,
    code: typeof code === 'string' ? code : undefined,
    message: error.message,
    region: typeof region === 'string' && region !== '' ? region : undefined,
  };
}

function member(of: unknown, name: string): unknown {
  return typeof of === 'object' && of !== null && name in of ? Reflect.get(of, name) : undefined;
}
