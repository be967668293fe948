import { ProblemError } from '@parse3d/client';
import type { BatchSize, PackSummary } from '@parse3d/contract';
import { VOLUME_ENDINGS } from '@parse3d/contract/names';
import { measureBatch } from '../api/calls.js';
import { Mark, ProblemBox } from '../components/parts.js';
import { bytes, seconds, volumes } from '../format.js';
import { useLoaded, type Loaded } from '../hooks.js';
import { batchDraftOf, batchName, promptOf, skipCompleted, type Source } from './draft.js';

type Sized = Loaded<BatchSize | undefined>;

/**
 * How many volumes lie in the folder that was chosen, by a dry run of its batch. What is asked to be found changes
 * nothing of that, so that it is counted once, before anything was typed.
 */
export function useFolderSize(source: Source | undefined, pack: PackSummary | undefined): [Sized, () => void] {
  const uri = source?.kind === 'folder' ? source.uri : undefined;
  return useLoaded(async () => {
    if (uri === undefined || pack === undefined) return undefined;
    const [target] = pack.targets;
    const prompts = [target === undefined ? 'anything' : promptOf(target)];
    const { name: _name, ...draft } = batchDraftOf({ kind: 'prefix', uri }, pack);
    return measureBatch({ ...draft, prompts });
  }, [uri, pack?.id]);
}

const counted = (size: Sized): BatchSize | undefined => (size.state === 'ready' ? size.value : undefined);

/** What the button says. */
export function batchLabel(size: Sized): string {
  const total = counted(size)?.total;
  return total === undefined || total === 0 ? 'Segment all volumes' : `Segment ${volumes(total)}`;
}

/** Nothing to submit: no volume, or a refusal. What is only slow to be counted, or broke off, can be submitted. */
export const isHopeless = (size: Sized): boolean =>
  size.state === 'failed'
    ? size.error instanceof ProblemError && size.error.status >= 400 && size.error.status < 500
    : counted(size)?.total === 0;

/** Stands where a volume would be seen. */
export function FolderCover({ uri, size }: { uri: string; size: Sized }) {
  const known = counted(size);
  const [title, hint] = coverTexts(size);
  return (
    <div class="folder-cover">
      <Mark size={72} />
      <p>
        <strong>{title}</strong>
      </p>
      <p>
        {known !== undefined && known.bytes > 0 && `${bytes(known.bytes)} in `}
        <code>{uri}</code>
      </p>
      <p>{hint}</p>
    </div>
  );
}

function coverTexts(size: Sized): [title: string, hint: string] {
  const total = counted(size)?.total;
  if (total === 0) {
    return ['No volumes in this folder', `Files that end in ${VOLUME_ENDINGS} are taken, also in folders below.`];
  }
  if (size.state === 'failed') return ['The folder could not be counted', 'The reason stands above the button.'];
  return [
    total === undefined ? 'Counting the volumes…' : volumes(total),
    'A folder becomes a batch. Its page shows a preview of each result.',
  ];
}

/** What the batch would cost, above the button. */
export function FolderFacts({ size, pack, onRetry }: { size: Sized; pack: PackSummary; onRetry: () => void }) {
  if (size.state === 'failed') return <ProblemBox error={size.error} onRetry={onRetry} />;
  const known = counted(size);
  return (
    <p class="hint" role="status">
      {known === undefined
        ? 'Counting the volumes…'
        : known.total === 0
          ? 'There is nothing to segment in this folder.'
          : `${volumes(known.total)}, ${bytes(known.bytes)} with ${pack.id}${known.estimate === undefined ? '' : `: ${timeOf(known.estimate)}`}`}
      {known?.leftOut?.map(({ detail }) => ` Not taken: ${detail}.`)}
    </p>
  );
}

function timeOf({ seconds: duration, basis, jobs, slots }: NonNullable<BatchSize['estimate']>): string {
  const workers = slots === 0 ? 'once a worker has this pack' : slots === 1 ? 'on 1 slot' : `on ${slots} slots`;
  const from =
    basis === 'recent-jobs'
      ? jobs === 1
        ? 'judging by the latest job'
        : `judging by the latest ${jobs} jobs`
      : 'a rough guess, since nothing of it has run yet';
  return `about ${seconds(Math.max(1, duration))} ${workers}, ${from}`;
}

/** What only a batch is asked for. */
export function BatchSettings() {
  return (
    <section class="group">
      <h2>Batch</h2>
      <label class="field">
        <span>Name, if you like</span>
        <input
          type="text"
          maxLength={200}
          placeholder="Cohort A, baseline"
          value={batchName.value}
          onInput={(event) => (batchName.value = event.currentTarget.value)}
        />
      </label>
      <label class="check">
        <input
          type="checkbox"
          checked={skipCompleted.value}
          onChange={(event) => (skipCompleted.value = event.currentTarget.checked)}
        />
        <span>
          Skip what was done before <small>equal volume, prompts, pack and options</small>
        </span>
      </label>
    </section>
  );
}
