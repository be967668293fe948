import type { JobRequest, JobStatus, ListJobs } from '@parse3d/contract';

/** What a job must be to stand in a list. */
export type JobFilter = Pick<ListJobs, 'status' | 'q' | 'pack' | 'tag' | 'input'>;

/** True for a job that passes all parts of the filter. The time of submission is for who goes through the list. */
export function passes(request: JobRequest, status: JobStatus, filter: JobFilter): boolean {
  return (
    (filter.status === undefined || filter.status === status) &&
    (filter.pack === undefined || filter.pack === request.pack.id) &&
    (filter.input === undefined || filter.input === request.input.uri) &&
    (filter.tag === undefined || request.tags?.includes(filter.tag) === true) &&
    hasWords(request, filter.q)
  );
}

function hasWords({ jobId, title, tags = [], prompts, pack, input }: JobRequest, words: string | undefined): boolean {
  const wanted = plain(words ?? '')
    .split(/\s+/)
    .filter((word) => word !== '');
  if (wanted.length === 0) return true;
  const name = input.uri.slice(input.uri.lastIndexOf('/', input.uri.length - 2) + 1);
  const texts = [title ?? '', ...tags, ...prompts.map(({ text }) => text), pack.id, name].map(plain);
  return wanted.every((word) => jobId.startsWith(word) || texts.some((text) => text.includes(word)));
}

const plain = (text: string): string => text.normalize('NFC').toLowerCase();
