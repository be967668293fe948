import type {
  BatchFailures,
  BatchSize,
  BatchView,
  ItemPage,
  JobPage,
  JobView,
  Manifest,
  PackSummary,
  PromptInput,
  ServiceStatus,
  SubmitJob,
  UploadedVolume,
  VolumeListing,
} from '@parse3d/contract';
import { apiKey } from '../session.js';
import { ApiProblem, json, post, request } from './http.js';

/** What `POST /v1/jobs` takes: everything that has a default may be left out. */
export type JobDraft = Pick<SubmitJob, 'input'> & DraftSettings;

/** What `POST /v1/batches` takes for a folder in storage. */
export type BatchDraft = {
  source: { kind: 'prefix'; uri: string };
  name?: string;
  skipCompleted?: boolean;
} & DraftSettings;

/** What jobs and batches are asked for with alike. */
export type DraftSettings = {
  prompts: readonly PromptInput[];
} & Partial<Omit<SubmitJob, 'input' | 'prompts' | 'outputs' | 'options'>> & {
    outputs?: Partial<SubmitJob['outputs']>;
    options?: Partial<SubmitJob['options']>;
  };

/** A task of the catalogue, as far as the page uses it. */
export interface TaskSuggestion {
  readonly prompt: string;
  readonly group: string;
}

export const listPacks = async (): Promise<PackSummary[]> => (await json<{ packs: PackSummary[] }>('/v1/packs')).packs;

export const getJob = (id: string): Promise<JobView> => json(`/v1/jobs/${id}`);
export const listJobs = (cursor?: string): Promise<JobPage> =>
  json(`/v1/jobs?limit=50${cursor === undefined ? '' : `&cursor=${cursor}`}`);
export const submitJob = (draft: JobDraft): Promise<JobView> => post('/v1/jobs', draft);
export const cancelJob = (id: string): Promise<JobView> => json(`/v1/jobs/${id}`, { method: 'DELETE' });
export const retryJob = (id: string): Promise<JobView> => post(`/v1/jobs/${id}/retry`);
export const getManifest = (id: string): Promise<Manifest> => json(`/v1/jobs/${id}/outputs/manifest.json`);

export const listBatches = async (): Promise<BatchView[]> =>
  (await json<{ batches: BatchView[] }>('/v1/batches')).batches;
export const getBatch = (id: string): Promise<BatchView> => json(`/v1/batches/${id}`);
export const batchAction = (id: string, action: 'pause' | 'resume' | 'cancel'): Promise<BatchView> =>
  post(`/v1/batches/${id}/${action}`);
/** Runs failed items again. @param code only those that failed with it */
export const retryFailed = (id: string, code: string | undefined): Promise<BatchView> =>
  post(`/v1/batches/${id}/retry-failed`, code === undefined ? {} : { codes: [code] });
export const submitBatch = (draft: BatchDraft): Promise<BatchView> => post('/v1/batches', draft);
/** How much a batch would be, and how long it may take. */
export const measureBatch = (draft: BatchDraft): Promise<BatchSize> => post('/v1/batches', { ...draft, dryRun: true });
export const batchItems = (id: string, status: string, from: number, limit: number): Promise<ItemPage> =>
  json(`/v1/batches/${id}/items?status=${status}&from=${from}&limit=${limit}`);
export const batchFailures = (id: string): Promise<BatchFailures> => json(`/v1/batches/${id}/failures`);

export const getStatus = (): Promise<ServiceStatus> => json('/v1/status');

export const listVolumes = (under?: string, after?: string): Promise<VolumeListing> => {
  const query = new URLSearchParams();
  if (under !== undefined) query.set('under', under);
  if (after !== undefined) query.set('after', after);
  return json(`/v1/volumes?${query.toString()}`);
};

/** Bytes of a stored volume. */
export const volumePath = (uri: string): string => `/v1/volumes/content?uri=${encodeURIComponent(uri)}`;

/** Prompts of the catalogue that a half-typed text may become. */
export async function searchTasks(
  modality: string,
  typed: string,
  signal: AbortSignal,
): Promise<readonly TaskSuggestion[]> {
  const query = new URLSearchParams({ modality, q: typed, limit: '8' });
  return (await json<{ tasks: TaskSuggestion[] }>(`/v1/tasks?${query.toString()}`, { signal })).tasks;
}

/** The body of an answer, with progress from 0 to 1 where the server tells the length. */
export async function download(
  path: string,
  onProgress: (share: number) => void = () => undefined,
  signal?: AbortSignal,
): Promise<ArrayBuffer> {
  const response = await request(path, signal === undefined ? {} : { signal });
  const total = Number(response.headers.get('content-length') ?? 0);
  if (response.body === null || total === 0) return response.arrayBuffer();
  const bytes = new Uint8Array(total);
  let received = 0;
  const reader = response.body.getReader();
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    bytes.set(next.value, received);
    received += next.value.length;
    onProgress(received / total);
  }
  return bytes.buffer;
}

/** Fetches a file and hands it to the browser as a download: a link cannot carry the key. */
export async function saveFile(path: string, name: string): Promise<void> {
  const url = URL.createObjectURL(await (await request(path)).blob());
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  // By then the browser has taken it.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

/** Uploads a file as it is. `fetch` cannot tell how far an upload has come, XMLHttpRequest can. */
export function uploadVolume(
  file: Blob,
  onProgress: (share: number) => void,
  signal: AbortSignal,
): Promise<UploadedVolume> {
  return new Promise((resolve, reject) => {
    const upload = new XMLHttpRequest();
    upload.open('POST', '/v1/volumes');
    upload.setRequestHeader('Authorization', `Bearer ${apiKey.value ?? ''}`);
    upload.setRequestHeader('Content-Type', 'application/octet-stream');
    upload.responseType = 'json';
    upload.upload.onprogress = (event) => onProgress(event.lengthComputable ? event.loaded / event.total : 0);
    upload.onload = () => {
      const answer: unknown = upload.response;
      if (upload.status === 201) resolve(answer as UploadedVolume);
      else reject(new ApiProblem(upload.status, answer instanceof Object ? { ...answer } : {}));
    };
    upload.onerror = () => reject(new ApiProblem(0, { title: 'The upload broke off', detail: 'Try it again.' }));
    upload.onabort = () => reject(new DOMException('canceled', 'AbortError'));
    signal.addEventListener('abort', () => upload.abort(), { once: true });
    upload.send(file);
  });
}
