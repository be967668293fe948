import type { EventReceipt } from '@parse3d/shared/contract';
import { isRedisError } from '@parse3d/shared/queue';
import { isProblem, Problem } from '@parse3d/shared/problems';
import { checkBucket, formatBlobUri } from '@parse3d/shared/storage';
import type { ApiDeps } from '../deps.js';
import { parseEvents } from './formats/index.js';
import { isNoInput, matches } from './match.js';
import type { EventMessage, StorageNotice } from './message.js';
import { SnsEnvelope, type Sns } from './sns.js';
import { startFor, type Outcome } from './start.js';

/** Objects of one message that are looked at together. */
const AT_ONCE = 8;

/**
 * Takes one message, from whatever source. When this resolves, everything in the message is durable: every object of it
 * has its job, or was refused for good, or concerns no rule.
 *
 * @throws Problem `event-unknown`, `event-signature-invalid`; `events-incomplete` when the message should come again
 */
export async function receive(message: EventMessage, sns: Sns, deps: ApiDeps): Promise<EventReceipt> {
  const receipt = { started: 0, repeated: 0, refused: 0, ignored: 0 };
  const opened = await openEnvelope(message, sns);
  if (opened === undefined) return { format: 'sns', ...receipt };
  const { format, notices } = parseEvents(opened);
  const count = (outcome: Outcome | 'deferred', by = 1): void =>
    deps.metrics.storageEvents.inc({ format, outcome }, by);

  const later: Problem[] = [];
  await inParallel(notices, AT_ONCE, async (notice) => {
    try {
      const outcomes = await take(notice, deps);
      for (const outcome of outcomes) {
        receipt[outcome]++;
        count(outcome);
      }
    } catch (error) {
      later.push(laterProblem(error));
      count('deferred');
    }
  });
  const [first] = later;
  if (first === undefined) return { format, ...receipt };
  deps.log.warn({ code: first.code, err: first, format, count: later.length }, 'events will have to come again');
  throw new Problem('events-incomplete', `${later.length} of ${notices.length} events: ${first.message}`, {
    reason: first.code,
  });
}

/** What an envelope of SNS holds, or the message itself. Undefined when all of it was a matter between SNS and us. */
async function openEnvelope(message: EventMessage, sns: Sns): Promise<EventMessage | undefined> {
  const envelope = SnsEnvelope.safeParse(message.body);
  if (!envelope.success) return message;
  await sns.verify(envelope.data);
  if (envelope.data.Type !== 'Notification') {
    await sns.confirm(envelope.data);
    return undefined;
  }
  try {
    return { headers: {}, body: JSON.parse(envelope.data.Message) as unknown };
  } catch {
    throw new Problem('event-unknown', 'the Message in the envelope of SNS is not JSON');
  }
}

/** One outcome for every rule that takes the object. */
async function take(notice: StorageNotice, deps: ApiDeps): Promise<Outcome[]> {
  const { primary } = deps.stores;
  if (notice.kind !== 'created' || isNoInput(notice.bucket, notice.key, primary)) return ['ignored'];
  const uri = uriOf(notice, deps);
  const rules = uri === undefined ? [] : (await deps.rules.all()).filter((rule) => matches(rule, uri));
  if (uri === undefined || rules.length === 0) return ['ignored'];
  const outcomes: Outcome[] = [];
  for (const rule of rules) outcomes.push(await startFor(rule, uri, deps));
  return outcomes;
}

/** Undefined for a name that no store of ours can hold, and that no rule can therefore mean. */
function uriOf({ bucket, key }: StorageNotice, deps: ApiDeps): string | undefined {
  try {
    return formatBlobUri({ scheme: deps.stores.primary.scheme, bucket: checkBucket(bucket), key });
  } catch (error) {
    if (!isProblem(error, 'blob-key-invalid')) throw error;
    deps.log.warn({ code: error.code }, 'event of an object whose key cannot be used');
    return undefined;
  }
}

function laterProblem(error: unknown): Problem {
  if (isRedisError(error)) return new Problem('queue-unavailable', 'Redis does not answer', {}, { cause: error });
  return Problem.from(error);
}

/** Calls `work` for every item, at most `limit` at a time. */
export async function inParallel<T>(
  items: Iterable<T> | AsyncIterable<T>,
  limit: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const running = new Set<Promise<void>>();
  for await (const item of items) {
    const job = work(item).finally(() => running.delete(job));
    running.add(job);
    if (running.size >= limit) await Promise.race(running);
  }
  await Promise.all(running);
}
