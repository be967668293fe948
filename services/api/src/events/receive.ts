import { each } from '@parse3d/async';
import type { EventReceipt } from '@parse3d/contract';
import { isRedisError } from '@parse3d/control';
import { Problem } from '@parse3d/contract/problems';
import { isBucketName, nameOfListed } from '@parse3d/storage';
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
  const receipt = { started: 0, waiting: 0, repeated: 0, refused: 0, ignored: 0 };
  const opened = await openEnvelope(message, sns);
  if (opened === undefined) return { format: 'sns', ...receipt };
  const { format, notices } = parseEvents(opened);
  const count = (outcome: Outcome | 'deferred', by = 1): void =>
    deps.metrics.storageEvents.inc({ format, outcome }, by);

  const later: Problem[] = [];
  await each(notices, AT_ONCE, async (notice) => {
    const { outcomes, failures } = await take(notice, deps);
    for (const outcome of outcomes) {
      receipt[outcome]++;
      count(outcome);
    }
    for (const failure of failures) {
      later.push(laterProblem(failure));
      count('deferred');
    }
  });
  const [first] = later;
  if (first === undefined) return { format, ...receipt };
  // Names of files can name patients, and the message may hold one; what nobody expected has to be seen all the same.
  const err = first.code === 'internal' ? first : undefined;
  deps.log.warn({ code: first.code, err, format, count: later.length }, 'events will have to come again');
  throw new Problem(
    'events-incomplete',
    `of ${notices.length} events ${later.length} could not be taken: ${first.title}`,
    {
      reason: first.code,
    },
  );
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

interface Taken {
  readonly outcomes: Outcome[];
  readonly failures: unknown[];
}

/** One outcome, or failure, for every rule that takes the object: no tenant's full quota keeps another's job away. */
async function take(notice: StorageNotice, deps: ApiDeps): Promise<Taken> {
  const taken: Taken = { outcomes: [], failures: [] };
  try {
    const uri = uriOf(notice, deps);
    const rules =
      uri === undefined ? [] : (await deps.rules.active(deps.control.rights)).filter((rule) => matches(rule, uri));
    if (uri === undefined || rules.length === 0) return { ...taken, outcomes: ['ignored'] };
    for (const rule of rules) {
      await startFor(rule, uri, deps).then(
        (outcome) => taken.outcomes.push(outcome),
        (error: unknown) => taken.failures.push(error),
      );
    }
  } catch (error) {
    taken.failures.push(error);
  }
  return taken;
}

/** Undefined for what is not a new volume, and for a bucket that no rule can mean. */
function uriOf({ bucket, key, kind }: StorageNotice, deps: ApiDeps): string | undefined {
  if (kind !== 'created' || isNoInput(bucket, key, deps.stores.primary)) return undefined;
  if (!isBucketName(bucket)) return undefined;
  // A key that cannot be named is refused under each rule that takes it: sending the event again would not mend it.
  return nameOfListed({ scheme: deps.stores.primary.scheme, bucket, key });
}

function laterProblem(error: unknown): Problem {
  if (isRedisError(error)) return new Problem('queue-unavailable', 'Redis does not answer', {}, { cause: error });
  return Problem.from(error);
}
