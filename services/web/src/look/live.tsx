import type { JobEvent, JobView, Stage } from '@parse3d/contract';
import { useEffect, useState } from 'preact/hooks';
import { cancelJob, followJob, getJob } from '../api/calls.js';
import { ProblemBox } from '../components/parts.js';
import { percent, seconds, shortId, shortUri } from '../format.js';
import { isGuest } from '../session.js';

const stages: readonly { id: Stage; name: string }[] = [
  { id: 'fetch', name: 'Fetch' },
  { id: 'read', name: 'Read' },
  { id: 'prepare', name: 'Prepare' },
  { id: 'infer', name: 'Find' },
  { id: 'restore', name: 'Restore grid' },
  { id: 'encode', name: 'Write' },
  { id: 'upload', name: 'Upload' },
  { id: 'commit', name: 'Commit' },
];

/** How often the place in the queue is asked for, which no event tells. Unit: ms. */
const POSITION_EVERY = 2_000;

/** A job that has not ended: its stages as they happen. Reloading the page loses nothing, the stream begins again. */
export function Live({ job, onEnd }: { job: JobView; onEnd: () => void }) {
  const [event, setEvent] = useState<JobEvent>();
  const [connected, setConnected] = useState(true);
  const [position, setPosition] = useState(job.position);
  const [canceling, setCanceling] = useState(job.cancelRequested === true);
  const [problem, setProblem] = useState<unknown>();
  const status = event?.status ?? job.status;

  useEffect(() => {
    const controller = new AbortController();
    const follow = async (): Promise<void> => {
      for await (const next of followJob(job, setConnected, controller.signal)) setEvent(next);
    };
    follow()
      .then(onEnd)
      .catch((error: unknown) => {
        if (!controller.signal.aborted) setProblem(error);
      });
    return () => controller.abort();
  }, [job.id, job.run]);

  useEffect(() => {
    if (status !== 'waiting') return;
    const timer = setInterval(() => {
      getJob(job.id)
        .then((view) => setPosition(view.position))
        .catch(() => undefined);
    }, POSITION_EVERY);
    return () => clearInterval(timer);
  }, [job.id, status]);

  const stage = event?.stage ?? job.stage;
  const at = stages.findIndex(({ id }) => id === stage);
  const progress = status === 'waiting' ? 0 : (event?.progress ?? job.progress ?? 0);
  const eta = event?.etaSeconds ?? job.etaSeconds;
  const sentence = describe(status, stage, event?.message, position);
  return (
    <div class="panel-scroll live">
      <header class="page-head">
        <div>
          <h1 tabIndex={-1}>{job.title ?? `Job ${shortId(job.id)}`}</h1>
          <p class="muted">
            {shortUri(job.input.uri)} · {job.pack.id} · {job.prompts.length}{' '}
            {job.prompts.length === 1 ? 'target' : 'targets'}
          </p>
        </div>
        {!isGuest.value && (
          <button
            type="button"
            class="danger"
            disabled={canceling}
            onClick={() => {
              setCanceling(true);
              cancelJob(job.id).catch((error: unknown) => {
                setCanceling(false);
                setProblem(error);
              });
            }}
          >
            {canceling ? 'Canceling…' : 'Cancel'}
          </button>
        )}
      </header>
      {problem !== undefined && <ProblemBox error={problem} onRetry={onEnd} />}
      <div class="card">
        <div class="live-line">
          <p role="status">{sentence}</p>
          <p class="numbers">
            {status === 'running' && percent(progress)}
            {eta !== undefined && status === 'running' && ` · about ${seconds(eta)} left`}
            {(event?.attempt ?? 1) > 1 && ` · attempt ${event?.attempt}`}
          </p>
        </div>
        <div
          class="bar"
          role="progressbar"
          aria-label="Progress of the job"
          aria-valuemin={0}
          aria-valuemax={100}
          aria-valuenow={Math.round(progress * 100)}
        >
          <i style={{ width: percent(progress) }} />
        </div>
        <ol class="stages">
          {stages.map(({ id, name }, index) => (
            <li
              key={id}
              class={index < at ? 'done' : index === at && status === 'running' ? 'now' : ''}
              aria-current={index === at && status === 'running' ? 'step' : undefined}
            >
              {name}
            </li>
          ))}
        </ol>
      </div>
      {!connected && (
        <p class="stale" role="status">
          The connection dropped; trying again. The job goes on meanwhile.
        </p>
      )}
      <p class="muted">{job.prompts.map(({ text }) => text).join(', ')}</p>
    </div>
  );
}

function describe(
  status: JobView['status'],
  stage: Stage | undefined,
  message: string | undefined,
  position: number | undefined,
): string {
  if (status === 'waiting') {
    if (message !== undefined) return `Waiting: ${message}`;
    if (position === undefined) return 'Waiting for a worker';
    return position === 0 ? 'Next in the queue' : `Waiting: ${position} ahead in the queue`;
  }
  const name = stages.find(({ id }) => id === stage)?.name ?? 'Running';
  return message === undefined ? name : `${name}: ${message}`;
}
