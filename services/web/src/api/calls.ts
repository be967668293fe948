import type { Job, JobEvent, Jobs, Purged, SubmitBatch, SubmitJob, Usage } from '@parse3d/client';
import type {
  BatchFailures,
  BatchSize,
  BatchView,
  ItemMark,
  ItemPage,
  JobPage,
  JobView,
  LinkView,
  Manifest,
  MarkItem,
  NewLink,
  PackSummary,
  ServiceStatus,
  Task,
  VolumeListing,
} from '@parse3d/contract';
import type { ProblemCode } from '@parse3d/contract/problems';
import { server } from './server.js';

/** What `POST /v1/jobs` takes: everything that has a default may be left out. */
export type JobDraft = SubmitJob;

/** What `POST /v1/batches` takes, for a folder in storage or for volumes one by one. */
export type BatchDraft = DraftSettings & Omit<SubmitBatch, 'source'> & { source: FolderSource | ItemsSource };
interface FolderSource {
  readonly kind: 'prefix';
  readonly uri: string;
}
interface ItemsSource {
  readonly kind: 'items';
  readonly items: { uri: string }[];
}
/** The same for a folder alone. */
export type FolderDraft = BatchDraft & { source: FolderSource };

/** What jobs and batches are asked for with alike. */
export type DraftSettings = Omit<SubmitJob, 'input' | 'title' | 'tags'>;

/** What a list of jobs is narrowed to. */
export type JobQuery = NonNullable<Parameters<Jobs['list']>[0]>;

/** A task of the catalogue, as far as the page uses it. */
export type TaskSuggestion = Pick<Task, 'prompt' | 'group' | 'name' | 'side' | 'synonyms'>;

export const listPacks = (): Promise<PackSummary[]> => server.value.packs();

export const getJob = (id: string): Promise<JobView> => server.value.jobs.get(id);
export const listJobs = (query: JobQuery): Promise<JobPage> => server.value.jobs.list({ limit: 50, ...query });
export const submitJob = (draft: JobDraft): Promise<JobView> => server.value.jobs.submit(draft);
export const cancelJob = (id: string): Promise<JobView> => server.value.jobs.cancel(id);
export const retryJob = (id: string): Promise<JobView> => server.value.jobs.retry(id);
export const purgeJob = (id: string): Promise<Purged> => server.value.jobs.purge(id);
export const purgeBatch = (id: string): Promise<Purged> => server.value.batches.purge(id);
export const getUsage = (): Promise<Usage> => server.value.usage();
export const getManifest = (id: string): Promise<Manifest> => server.value.jobs.manifest(id);

/**
 * Events of a job's run, from the first one to its end. The page waits for as long as it is open: what was accepted goes
 * on, also while the server restarts.
 */
export const followJob = (
  { id, run }: Pick<Job, 'id' | 'run'>,
  onConnection: (connected: boolean) => void,
  signal: AbortSignal,
): AsyncGenerator<JobEvent> =>
  server.value.jobs.follow(id, { run, onConnection, signal, giveUpAfterMs: Number.POSITIVE_INFINITY });

export const listBatches = (): Promise<BatchView[]> => server.value.batches.list();
export const getBatch = (id: string): Promise<BatchView> => server.value.batches.get(id);
export const batchAction = (id: string, action: 'pause' | 'resume' | 'cancel'): Promise<BatchView> =>
  server.value.batches.act(id, action);
/** Runs failed items again. @param code only those that failed with it */
export const retryFailed = (id: string, code: ProblemCode | undefined): Promise<BatchView> =>
  server.value.batches.retryFailed(id, code === undefined ? undefined : [code]);
export const submitBatch = (draft: BatchDraft): Promise<BatchView> => server.value.batches.submit(draft);
/** How much a batch would be, and how long it may take. */
export const measureBatch = (draft: BatchDraft): Promise<BatchSize> => server.value.batches.measure(draft);
export const batchItems = (id: string, status: 'completed', from: number, limit: number): Promise<ItemPage> =>
  server.value.batches.items(id, { status, from, limit });
export const batchFailures = (id: string): Promise<BatchFailures> => server.value.batches.failures(id);

export async function getStatus(): Promise<ServiceStatus> {
  return given((await server.value.api.GET('/v1/status')).data);
}

export async function listVolumes(under?: string, after?: string): Promise<VolumeListing> {
  return given((await server.value.api.GET('/v1/volumes', { params: { query: { under, after } } })).data);
}

/** Prompts of the catalogue that a half-typed text may become. */
export async function searchTasks(
  modality: SubmitJob['modality'],
  typed: string,
  signal: AbortSignal,
): Promise<readonly TaskSuggestion[]> {
  const query = { modality, q: typed, limit: 8 };
  return given((await server.value.api.GET('/v1/tasks', { params: { query }, signal })).data).tasks;
}

/** Bytes of a stored volume. */
export const volumePath = (uri: string): string => `/v1/volumes/content?uri=${encodeURIComponent(uri)}`;

/** Bytes of the volume of a job, in the version that it was submitted with. */
export const inputPath = (jobId: string): string => `/v1/jobs/${jobId}/input`;

export async function listLinks(id: string): Promise<LinkView[]> {
  return given((await server.value.api.GET('/v1/jobs/{id}/links', { params: { path: { id } } })).data).links;
}

export async function createLink(id: string, days: number): Promise<NewLink> {
  const { data } = await server.value.api.POST('/v1/jobs/{id}/links', { params: { path: { id } }, body: { days } });
  return given(data);
}

export async function revokeLink(id: string, linkId: string): Promise<void> {
  await server.value.api.DELETE('/v1/jobs/{id}/links/{linkId}', { params: { path: { id, linkId } } });
}

/** Pages of marks that are read: the page shows those of the first results that were marked, the table has all. */
const MARK_PAGES = 20;

export async function listMarks(id: string): Promise<ItemMark[]> {
  const marks: ItemMark[] = [];
  let after: number | undefined;
  for (let page = 0; page < MARK_PAGES; page++) {
    const params = { path: { id }, query: { after, limit: 500 } };
    const found = given((await server.value.api.GET('/v1/batches/{id}/marks', { params })).data);
    marks.push(...found.marks);
    if (found.next === undefined) break;
    after = found.next;
  }
  return marks;
}

/** @returns the mark, or undefined once it is taken back */
export async function markItem(id: string, body: MarkItem): Promise<ItemMark | undefined> {
  return (await server.value.api.POST('/v1/batches/{id}/marks', { params: { path: { id } }, body })).data;
}

/** The client throws for every answer that is not a success, and successes of these paths have a body. */
function given<T>(data: T | undefined): T {
  if (data === undefined) throw new Error('the server sent an empty answer');
  return data;
}
