import type { JobView } from '@parse3d/contract';
import { useEffect, useState } from 'preact/hooks';
import { listJobs } from '../api/calls.js';
import { ago } from '../format.js';
import { go } from '../router.js';

/** The other results of the same volume, to compare this one with; nothing where the volume has no other results. */
export function CompareChoice({ job }: { job: JobView }) {
  const [others, setOthers] = useState<readonly JobView[]>([]);
  useEffect(() => {
    let current = true;
    listJobs({ input: job.input.uri, status: 'completed' })
      .then(({ jobs }) => current && setOthers(jobs.filter(({ id }) => id !== job.id)))
      // Without the list there is nothing to choose; everything else is there.
      .catch(() => undefined);
    return () => {
      current = false;
    };
  }, [job.id]);
  if (others.length === 0) return null;
  return (
    <label class="select">
      <span class="visually-hidden">Compare with</span>
      <select value="" onChange={(event) => go(`/compare/${job.id}/${event.currentTarget.value}`)}>
        <option value="">Compare with…</option>
        {others.map((other) => (
          <option key={other.id} value={other.id}>
            {nameOf(other)}, {ago(other.createdAt)}
          </option>
        ))}
      </select>
    </label>
  );
}

/** How a result is told from another one of its volume. */
export const nameOf = ({ title, prompts, pack }: Pick<JobView, 'title' | 'prompts' | 'pack'>): string =>
  `${title ?? shortened(prompts.map(({ text }) => text).join(', '))} (${pack.id})`;

const shortened = (text: string): string => (text.length > 40 ? `${text.slice(0, 39)}…` : text);
