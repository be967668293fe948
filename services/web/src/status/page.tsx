import type { ComponentChildren } from 'preact';
import type { PackSummary, ServiceStatus, Usage } from '@parse3d/contract';
import { getStatus, getUsage, listPacks } from '../api/calls.js';
import { Await, Badge, ListTable } from '../components/parts.js';
import { ago, bytes } from '../format.js';
import { useLoaded, useTitle } from '../hooks.js';

const EVERY_MS = 5_000;

export function StatusPage() {
  useTitle('Status');
  const [loaded, again] = useLoaded(
    async () => ({
      status: await getStatus(),
      packs: await listPacks(),
      // Counted in Redis, which may be away.
      usage: await getUsage().catch(() => undefined),
    }),
    [],
    EVERY_MS,
  );
  return (
    <div class="page">
      <header class="page-head">
        <h1 tabIndex={-1}>Status</h1>
      </header>
      <Await loaded={loaded} what="the status" onRetry={again}>
        {({ status, packs, usage }) => <Overview status={status} packs={packs} usage={usage} />}
      </Await>
    </div>
  );
}

function Overview(props: { status: ServiceStatus; packs: readonly PackSummary[]; usage: Usage | undefined }) {
  const { status, packs, usage } = props;
  const { readiness, queue, workers, storage, redis, software } = status;
  const slots = workers.reduce((sum, worker) => sum + worker.slots, 0);
  return (
    <>
      <div class="tiles">
        <Tile name="Service" good={readiness.ready} value={readiness.ready ? 'ready' : 'not ready'}>
          parse3d {software.version}
          {software.commit !== undefined && ` (${software.commit.slice(0, 8)})`}
        </Tile>
        <Tile
          name="Redis"
          good={readiness.checks['redis']?.ok === true}
          value={readiness.checks['redis']?.ok === true ? 'answers' : 'away'}
        >
          {readiness.checks['redis']?.detail ??
            [redis.version, redis.usedBytes === undefined ? undefined : `${bytes(redis.usedBytes)} used`]
              .filter((part) => part !== undefined)
              .join(', ')}
        </Tile>
        <Tile
          name="Storage"
          good={readiness.checks['storage']?.ok === true}
          value={readiness.checks['storage']?.ok === true ? 'answers' : 'away'}
        >
          {readiness.checks['storage']?.detail ?? `${storage.scheme}://${storage.bucket}`}
        </Tile>
        {usage !== undefined && (
          <Tile
            name="Stored"
            good={usage.quotaBytes === null || usage.bytes.total < usage.quotaBytes}
            value={bytes(usage.bytes.total)}
          >
            {usage.quotaBytes === null ? 'by your tenant, without a quota' : `of ${bytes(usage.quotaBytes)}`}
            {usage.countedAt === undefined && ', not all of it counted yet'}
          </Tile>
        )}
        <Tile name="Feeder" good={status.feeder.leading} value={status.feeder.leading ? 'feeding' : 'nobody leads'}>
          hands jobs to the workers
        </Tile>
        <Tile name="Workers" good={workers.length > 0} value={queue === undefined ? 'unknown' : String(workers.length)}>
          {queue !== undefined && `${slots} ${slots === 1 ? 'slot' : 'slots'}, ${queue.active} busy`}
        </Tile>
        <Tile
          name="Waiting"
          good
          value={queue === undefined ? '–' : String(queue.pending.interactive + queue.pending.batch + queue.waiting)}
        >
          {queue !== undefined &&
            `${queue.pending.interactive} interactive, ${queue.pending.batch} batch, ${queue.waiting} handed over, ${queue.delayed} to be tried again`}
        </Tile>
      </div>
      {readiness.warnings.length > 0 && (
        <section class="card warnings">
          <h2>To set up better</h2>
          <ul>
            {readiness.warnings.map((warning) => (
              <li key={warning}>{warning}</li>
            ))}
          </ul>
        </section>
      )}
      <section class="card">
        <h2>Workers</h2>
        {workers.length === 0 ? (
          <p class="muted">
            {queue === undefined
              ? 'Workers are known through Redis.'
              : 'No worker has been heard of lately. Jobs are accepted and wait; start one, and it takes them.'}
          </p>
        ) : (
          <ListTable label="Workers" columns={['Host', 'Device', { number: 'Slots' }, 'Packs', 'Since', 'State']}>
            {workers.map((worker) => (
              <tr key={worker.id}>
                <td>{worker.host}</td>
                <td>{worker.device}</td>
                <td class="number">{worker.slots}</td>
                <td class="clip">{worker.packs.join(', ')}</td>
                <td class="muted">{ago(worker.startedAt)}</td>
                <td>
                  <Badge status={worker.draining ? 'draining' : worker.troubles.length > 0 ? 'unwell' : 'ready'} />
                  {worker.troubles.map(({ part, detail }) => (
                    <p class="muted" key={part}>
                      {part}: {detail}
                    </p>
                  ))}
                </td>
              </tr>
            ))}
          </ListTable>
        )}
      </section>
      <section class="card">
        <h2>Packs</h2>
        <div class="packs">
          {packs.map((pack) => (
            <article key={pack.id}>
              <h3>
                {pack.title} {pack.default && <span class="tag">default</span>}
                {pack.demonstration && <span class="tag">demonstration</span>}
              </h3>
              <p class="muted">
                {pack.id} {pack.version} · {pack.kind} · {pack.modalities.join(', ')} · {pack.licence} ·{' '}
                {pack.targets.length} {pack.targets.length === 1 ? 'target' : 'targets'}
              </p>
              <p>{pack.description}</p>
            </article>
          ))}
        </div>
      </section>
    </>
  );
}

function Tile(props: { name: string; value: string; good: boolean; children: ComponentChildren }) {
  return (
    <div class={props.good ? 'tile' : 'tile bad'}>
      <h2>{props.name}</h2>
      <p class="tile-value">{props.value}</p>
      <p class="muted">{props.children}</p>
    </div>
  );
}
