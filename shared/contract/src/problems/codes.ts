/**
 * Every problem that parse3d can report, in one table: the API turns a code into an HTTP status, the worker into a
 * retry decision, the command line into an exit code, and docs/reference/problems.md is made from it.
 *
 * `retry`: `never` means that the same request will fail again; `later` means that trying again can help.
 *
 * `fault` says whose problem it is, and with that what it costs a job:
 * - `request`: the input or what was asked of it. One attempt, final.
 * - `run`: this one execution. An attempt; the last one is final.
 * - `place`: the machine, its packs, or the stores around it. No attempt: the job waits for a place that is well.
 */
export interface ProblemKind {
  readonly status: number;
  readonly retry: 'never' | 'later';
  readonly fault: 'request' | 'run' | 'place';
  readonly title: string;
}

const never = (status: number, title: string): ProblemKind => ({ status, retry: 'never', fault: 'request', title });
const later = (status: number, title: string): ProblemKind => ({ status, retry: 'later', fault: 'run', title });
/** Passes when the place is well again. */
const place = (status: number, title: string): ProblemKind => ({ status, retry: 'later', fault: 'place', title });
/** Lasts until somebody changes a setting: waiting does not help, so that a job ends at once. */
const setting = (status: number, title: string): ProblemKind => ({ status, retry: 'never', fault: 'place', title });

export const problemKinds = {
  // The request
  'request-invalid': never(400, 'The request does not have the expected form'),
  unauthorized: never(401, 'A valid API key is needed'),
  forbidden: never(403, 'This API key may not do that'),
  'not-found': never(404, 'Not found'),
  'method-not-allowed': never(405, 'This resource does not answer that method'),
  'input-not-allowed': never(403, 'The volume lies outside the storage that this key may read'),
  'idempotency-conflict': never(409, 'The idempotency key was used before with another request'),
  'state-conflict': never(409, 'The job is not in a state that allows this'),
  purged: never(410, 'Removed by its owner, or at the end of its retention'),
  'payload-too-large': never(413, 'The upload is larger than this server accepts'),
  'body-too-slow': later(408, 'The body of the request comes too slowly'),
  'unsupported-media-type': never(415, 'The content type is not understood'),
  'event-unknown': never(400, 'The storage event has no form that is known'),
  'event-signature-invalid': never(403, 'The signature does not match the sender of the storage event'),
  'events-incomplete': later(503, 'Not every event of the message could be taken; send it again'),
  'webhook-url-refused': never(422, 'Webhooks cannot be sent to this address'),
  'prompt-unknown': never(422, 'The pack has no target that matches the prompt'),
  'pack-unknown': never(422, 'This server does not have the pack'),
  'modality-unsupported': never(422, 'The pack was not made for this modality'),

  // The volume
  'volume-missing': never(422, 'The volume does not exist in storage'),
  'volume-changed': never(409, 'The volume changed after the job was accepted'),
  'volume-too-large': never(422, 'The volume is larger than the workers accept'),
  'volume-not-3d': never(422, 'The image is not a 3D volume'),
  'nifti-not-nifti': never(422, 'The file is not a NIfTI-1 or NIfTI-2 single file'),
  'nifti-header-invalid': never(422, 'The NIfTI header contradicts itself'),
  'nifti-datatype-unsupported': never(422, 'The NIfTI datatype is not one of scalar integers or reals'),
  'nifti-pair-unsupported': never(422, 'The .img file that belongs to the .hdr file is not there'),
  'nifti-affine-invalid': never(422, 'The NIfTI affine is not a finite, invertible matrix'),
  'nifti-truncated': never(422, 'The file ends before its voxels do'),
  'nifti-trailing-data': never(422, 'The gzip stream ends before the voxels do, and other bytes follow'),
  'nrrd-invalid': never(422, 'The NRRD or MetaImage header does not hold what it should, or what is read'),
  'npz-invalid': never(422, 'The .npz file does not hold what it should'),
  'npz-too-large': never(422, 'The .npz file holds more than is accepted'),
  'pickle-refused': never(422, 'The prompts of the .npz file are pickled in a way that is not accepted'),
  'gzip-corrupt': never(422, 'The gzip stream is damaged'),
  'gzip-too-large': never(422, 'The gzip stream holds more than its header declares'),

  'labels-invalid': never(422, 'The volume is not a label map'),
  'geometry-mismatch': never(422, 'Two volumes that should lie on one grid do not'),

  'archive-invalid': never(422, 'The zip file is damaged'),
  'archive-too-large': never(422, 'The zip file or folder holds more than is accepted'),
  'dicom-no-images': never(422, 'There are no DICOM images in the zip file or folder'),
  'dicom-several-series': never(422, 'There is more than one DICOM series in the zip file or folder'),
  'dicom-invalid': never(422, 'A DICOM file does not hold what it should'),
  'dicom-truncated': never(422, 'A DICOM file ends before its pixels do'),
  'dicom-unsupported': never(422, 'The DICOM images are of a kind that is not read'),
  'dicom-slices-missing': never(422, 'Slices of the DICOM series are missing'),
  'dicom-geometry': never(422, 'The slices of the DICOM series do not form one regular grid'),

  // The pack
  'pack-invalid': setting(500, 'The pack does not have the expected form'),
  'pack-checksum': setting(500, 'A file of the pack does not match its checksum'),
  'pack-graph-refused': setting(500, 'A graph of the pack uses something that parse3d does not allow'),
  'pack-import-failed': never(422, 'The model cannot be turned into a pack'),
  'pack-unavailable': place(503, 'The worker cannot open a pack that the service offers'),
  'engine-unsupported': setting(501, 'No engine on this worker runs this kind of pack'),

  // Storage
  'blob-missing': never(404, 'The object does not exist'),
  'blob-exists': never(409, 'The object exists already'),
  'blob-changed': never(412, 'The object changed while it was being read'),
  'blob-key-invalid': never(400, 'The object key is not allowed'),
  'blob-range-invalid': never(416, 'The byte range lies outside the object'),
  'blob-archived': never(422, 'The object lies in an archive class of the storage and must be restored first'),
  'bucket-missing': never(422, 'The bucket does not exist'),
  'storage-denied': never(403, 'The storage refused access'),
  'storage-credentials': setting(502, 'The storage does not accept the credentials of this service'),
  'storage-wrong-region': setting(422, 'The bucket lies in another region than the one that is configured'),
  'storage-unsafe': setting(500, 'The storage does not honour conditional writes'),
  'record-invalid': later(500, 'A record of the service in storage cannot be read'),
  'storage-full': place(503, 'The object storage has no room left'),
  'storage-unavailable': place(503, 'The object storage does not answer'),

  // Admission
  'quota-exceeded': later(429, 'The tenant’s quota of waiting work is used up'),
  'storage-quota-exceeded': never(403, 'The tenant’s quota of stored bytes is used up'),
  'queue-full': place(503, 'The queue is short of memory and accepts nothing for now'),

  // Running
  'still-running': later(504, 'The answer takes longer than the server waits; the job goes on'),
  'service-unavailable': place(503, 'The parse3d service does not answer'),
  'queue-unavailable': place(503, 'The queue does not answer'),
  'disk-full': place(507, 'The local disk has no room left'),
  'machine-short': place(503, 'The machine is short of memory, processes or open files'),
  'output-mismatch': later(500, 'An output read back from storage differs from what was written'),
  'child-crashed': later(500, 'The computing process ended unexpectedly'),
  'child-stalled': later(500, 'The computing process made no progress for too long'),
  'memory-cap': never(507, 'The job needs more memory than a worker may use'),
  'deadline-exceeded': never(504, 'The job did not finish within its deadline'),
  'inference-failed': later(500, 'The model could not be run'),
  'worker-lost': later(500, 'The workers that ran the job disappeared'),
  'worker-draining': place(503, 'The worker is shutting down'),
  canceled: never(409, 'The job was canceled'),
  'config-invalid': setting(500, 'The configuration is not valid'),
  'dependency-missing': setting(500, 'A program that parse3d needs is not installed'),
  internal: later(500, 'Something went wrong inside parse3d'),
} as const satisfies Record<string, ProblemKind>;

export type ProblemCode = keyof typeof problemKinds;

export const problemCodes = Object.keys(problemKinds) as [ProblemCode, ...ProblemCode[]];

export function isProblemCode(code: string): code is ProblemCode {
  return Object.hasOwn(problemKinds, code);
}
