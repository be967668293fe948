import type { JobPage } from '@parse3d/contract';
import { computed, signal } from '@preact/signals';
import { useEffect, useState } from 'preact/hooks';
import { listJobs, listPacks, type JobQuery } from '../api/calls.js';

/** What the list is narrowed to. It outlives a look at another page. */
export const words = signal('');
const state = signal('');
const pack = signal('');
/** Days as `2026-01-31`, both included. */
const from = signal('');
const to = signal('');

export const isFiltered = computed(() => [words, state, pack, from, to].some(({ value }) => value !== ''));

export function clearFilter(): void {
  for (const part of [words, state, pack, from, to]) part.value = '';
}

/** Midnight of a day in the browser's time zone, as the API wants it. @param later days after it */
function midnight(day: string, later: number): string | undefined {
  const at = new Date(`${day}T00:00:00`);
  if (Number.isNaN(at.getTime())) return undefined;
  at.setDate(at.getDate() + later);
  return at.toISOString();
}

/** The filter as query parameters. */
export function filterQuery(): JobQuery {
  const status = states.find((one) => one === state.value);
  const [since, before] = [midnight(from.value, 0), midnight(to.value, 1)];
  return {
    ...(words.value.trim() === '' ? {} : { q: words.value.trim() }),
    ...(status === undefined ? {} : { status }),
    ...(pack.value === '' ? {} : { pack: pack.value }),
    ...(since === undefined ? {} : { since }),
    ...(before === undefined ? {} : { before }),
  };
}

const states = ['waiting', 'running', 'completed', 'failed', 'canceled'] as const;

/** Looks through so many pages that a filter leaves empty before the answer is given as it is. */
const EMPTY_PAGES = 5;

/** A page of the list; one that the filter leaves empty is followed by the next. */
export async function filteredJobs(query: JobQuery, cursor: string | undefined): Promise<JobPage> {
  let page = await listJobs({ ...query, cursor });
  for (let looked = 1; looked < EMPTY_PAGES && page.jobs.length === 0 && page.next !== undefined; looked++) {
    page = await listJobs({ ...query, cursor: page.next });
  }
  return page;
}

export function JobFilter() {
  const [packs, setPacks] = useState<readonly string[]>([]);
  useEffect(() => {
    listPacks()
      .then((all) => setPacks(all.map(({ id }) => id)))
      .catch(() => undefined);
  }, []);
  return (
    <form class="filter" role="search" aria-label="Jobs" onSubmit={(event) => event.preventDefault()}>
      <label class="field grow">
        <span>Search</span>
        <input
          type="search"
          placeholder="title, tag, target, file or id"
          value={words.value}
          onInput={(event) => (words.value = event.currentTarget.value)}
        />
      </label>
      <label class="field">
        <span>State</span>
        <select value={state.value} onChange={(event) => (state.value = event.currentTarget.value)}>
          <option value="">any</option>
          {states.map((name) => (
            <option key={name} value={name}>
              {name}
            </option>
          ))}
        </select>
      </label>
      <label class="field">
        <span>Pack</span>
        <select value={pack.value} onChange={(event) => (pack.value = event.currentTarget.value)}>
          <option value="">any</option>
          {packs.map((id) => (
            <option key={id} value={id}>
              {id}
            </option>
          ))}
        </select>
      </label>
      <label class="field">
        <span>From</span>
        <input type="date" value={from.value} onInput={(event) => (from.value = event.currentTarget.value)} />
      </label>
      <label class="field">
        <span>To</span>
        <input type="date" value={to.value} onInput={(event) => (to.value = event.currentTarget.value)} />
      </label>
      <button type="button" disabled={!isFiltered.value} onClick={clearFilter}>
        Clear
      </button>
    </form>
  );
}
