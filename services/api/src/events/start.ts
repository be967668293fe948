import { batchWindowMs, SubmitJob, type RuleRecord } from '@parse3d/contract';
import { isRedisError } from '@parse3d/control';
import { isProblem, Problem } from '@parse3d/contract/problems';
import type { ApiDeps } from '../deps.js';
import { parseRequest } from '../http/parse.js';
import { jobIdFrom, submitJob } from '../jobs/submit.js';
import { isTaken, setAside } from './collect/waiting.js';

/** What became of one object under one rule. */
export type Outcome = 'started' | 'waiting' | 'repeated' | 'refused' | 'ignored';

/** An object that is replaced faster than this many looks will be reported again. */
const LOOKS = 3;

/**
 * Starts the rule's job for the version of the object that the store has now, or puts the object aside for the rule's
 * next batch. The store is asked, whatever the news said: so it does not matter how old the news is, how often it comes
 * and in which order, and news from an event and from a listing name the same version. One job per rule, object and
 * version: the job's id is made from them.
 *
 * @throws Problem that says `retry: later`: nothing was decided, the news should come again
 */
export async function startFor(rule: RuleRecord, uri: string, deps: ApiDeps): Promise<Outcome> {
  try {
    for (let look = 1; ; look++) {
      const { store, key } = deps.stores.open(uri);
      const { etag } = await store.head(key);
      try {
        return batchWindowMs(rule.batchWindow) > 0
          ? await startLater(rule, uri, etag, deps)
          : await startNow(rule, uri, etag, deps);
      } catch (error) {
        if (!isProblem(error, 'volume-changed', 'blob-changed')) throw error;
        if (look === LOOKS) throw new Problem('events-incomplete', `${uri} is being replaced just now`, { uri });
      }
    }
  } catch (error) {
    // Deleted since. Its job, if there was time for one, goes its own way.
    if (isProblem(error, 'blob-missing', 'volume-missing')) return 'ignored';
    // The rule was changed after the job was started, or its owner has removed the job: it stays one job per version.
    if (isProblem(error, 'idempotency-conflict', 'purged')) return 'repeated';
    // Its owner can make room: the object is not to be passed over for good.
    if (isProblem(error, 'storage-quota-exceeded')) throw new Problem('events-incomplete', error.message, error.fields);
    // Keys that expired, clocks that differ: that is the service's fault and not the object's.
    if (!isProblem(error) || error.retry === 'later' || isOfTheService(error)) throw error;
    await refuse(rule, uri, error, deps);
    return 'refused';
  }
}

const isOfTheService = (error: Problem): boolean =>
  isProblem(error, 'storage-denied', 'storage-credentials', 'storage-wrong-region', 'bucket-missing');

// A header cannot hold the character 0, so that no client's key meets one of these.
const keyOf = (rule: RuleRecord, uri: string, etag: string): string => ['rule', rule.id, uri, etag].join('\0');

async function startNow(rule: RuleRecord, uri: string, etag: string, deps: ApiDeps): Promise<Outcome> {
  // Only a rule that had a batch window has such objects.
  if (rule.batchWindow !== undefined && (await isTaken(rule, { uri, etag }, deps))) return 'repeated';
  const body = parseRequest(SubmitJob, { ...rule.job, input: { uri } });
  const { request, repeated } = await submitJob(body, rule, keyOf(rule, uri, etag), deps, etag);
  if (repeated) return 'repeated';
  deps.metrics.jobsAccepted.inc({ lane: request.lane, repeated: 'false' });
  deps.log.info({ jobId: request.jobId, tenant: rule.tenant, ruleId: rule.id }, 'job started by a rule');
  return 'started';
}

async function startLater(rule: RuleRecord, uri: string, etag: string, deps: ApiDeps): Promise<Outcome> {
  // The rule may have had no window when it first took this version.
  const earlier = await deps.control.jobs.requestOf(jobIdFrom(rule.tenant, keyOf(rule, uri, etag)));
  if (earlier !== undefined) return 'repeated';
  return setAside(rule, uri, etag, deps);
}

async function refuse(rule: RuleRecord, uri: string, problem: Problem, deps: ApiDeps): Promise<void> {
  // Names of files can name patients: the log has the code, the owner of the rule sees the name.
  deps.log.warn({ code: problem.code, ruleId: rule.id, tenant: rule.tenant }, 'object refused under a rule');
  const { code, message: detail } = problem;
  try {
    await deps.control.refusals.note(rule.id, { at: new Date().toISOString(), uri, code, detail });
  } catch (error) {
    if (!isRedisError(error)) throw error;
    throw new Problem('queue-unavailable', 'Redis did not take the refusal', {}, { cause: error });
  }
}
