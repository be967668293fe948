import { Script } from './script.js';

// Every script ends by appending to the job's event stream and telling whoever watches. ARGV and KEYS are named at the
// top of each, in order. Statuses: waiting, running, completed, failed, canceled.

const emit = `
local function emit(events, channel, jobId, event, ttl)
  redis.call('XADD', events, 'MAXLEN', '~', 1000, '*', 'event', event)
  redis.call('PEXPIRE', events, ttl)
  redis.call('PUBLISH', channel, jobId)
end
local function terminal(status)
  return status == 'completed' or status == 'failed' or status == 'canceled'
end
`;

/**
 * Enters a job, or a later run of it. Returns 1, or 0 when the record has this run already (a repeated submission, or
 * the reconciler meeting the api half-way). The tenant's list keeps the newest hundred thousand: nobody may ever ask for
 * it, and drop what has expired.
 */
export const acceptScript = new Script(`${emit}
local job, pending, tenants, jobs, events = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local jobId, run, tenant, request, createdMs, event, ttl, notify, feed =
  ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6], ARGV[7], ARGV[8], ARGV[9]
local listed = ARGV[10]
local known = redis.call('HGET', job, 'run')
if known and tonumber(known) >= tonumber(run) then return 0 end
redis.call('DEL', job)
redis.call('HSET', job, 'run', run, 'status', 'waiting', 'request', request, 'attempt', 0)
redis.call('RPUSH', pending, jobId)
redis.call('SADD', tenants, tenant)
if listed == '1' then
  redis.call('ZADD', jobs, createdMs, jobId)
  redis.call('ZREMRANGEBYRANK', jobs, 0, -100001)
end
emit(events, notify, jobId, event, ttl)
redis.call('PUBLISH', feed, jobId)
return 1
`);

/** A worker takes the job. Returns 'ok', 'canceled' (asked to stop before it began), 'ended' or 'missing'. */
export const claimScript = new Script(`${emit}
local job, events = KEYS[1], KEYS[2]
local jobId, run, attemptId, attempt, at, event, ttl, notify, worker =
  ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6], ARGV[7], ARGV[8], ARGV[9]
local status = redis.call('HGET', job, 'status')
if not status then return 'missing' end
if redis.call('HGET', job, 'run') ~= run or terminal(status) then return 'ended' end
if redis.call('HGET', job, 'cancel') then return 'canceled' end
redis.call('HSET', job, 'status', 'running', 'attemptId', attemptId, 'attempt', attempt, 'worker', worker,
  'stage', 'fetch', 'progress', 0)
redis.call('HSETNX', job, 'startedAt', at)
redis.call('HDEL', job, 'etaSeconds')
emit(events, notify, jobId, event, ttl)
return 'ok'
`);

/** Progress of the attempt that owns the job; a replaced attempt changes nothing. Returns 1, 0, or 2 for "stop". */
export const progressScript = new Script(`${emit}
local job, events = KEYS[1], KEYS[2]
local jobId, attemptId, stage, progress, eta, event, ttl, notify =
  ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6], ARGV[7], ARGV[8]
if redis.call('HGET', job, 'status') ~= 'running' or redis.call('HGET', job, 'attemptId') ~= attemptId then return 0 end
redis.call('HSET', job, 'stage', stage, 'progress', progress)
if eta == '' then redis.call('HDEL', job, 'etaSeconds') else redis.call('HSET', job, 'etaSeconds', eta) end
emit(events, notify, jobId, event, ttl)
if redis.call('HGET', job, 'cancel') then return 2 end
return 1
`);

/** The attempt failed and another will follow: back to waiting. */
export const releaseScript = new Script(`${emit}
local job, events = KEYS[1], KEYS[2]
local jobId, attemptId, problem, event, ttl, notify = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6]
if redis.call('HGET', job, 'status') ~= 'running' or redis.call('HGET', job, 'attemptId') ~= attemptId then return 0 end
redis.call('HSET', job, 'status', 'waiting', 'fed', 1)
if problem ~= '' then redis.call('HSET', job, 'lastProblem', problem) end
redis.call('HDEL', job, 'stage', 'progress', 'etaSeconds', 'attemptId', 'worker')
emit(events, notify, jobId, event, ttl)
return 1
`);

/** The run's manifest is committed: the record follows it. Idempotent. There is room to feed another job. */
export const finishScript = new Script(`${emit}
local job, events, pending = KEYS[1], KEYS[2], KEYS[3]
local jobId, run, status, at, problem, outputs, event, ttl, notify =
  ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6], ARGV[7], ARGV[8], ARGV[9]
local feed = ARGV[10]
local known = redis.call('HGET', job, 'status')
if not known or redis.call('HGET', job, 'run') ~= run or terminal(known) then return 0 end
redis.call('LREM', pending, 0, jobId)
redis.call('HSET', job, 'status', status, 'finishedAt', at, 'outputs', outputs)
if problem ~= '' then redis.call('HSET', job, 'problem', problem) end
redis.call('HDEL', job, 'stage', 'progress', 'etaSeconds', 'attemptId', 'worker')
redis.call('PEXPIRE', job, ttl)
emit(events, notify, jobId, event, ttl)
redis.call('PUBLISH', feed, jobId)
return 1
`);

/** Asks a job to stop. Returns its status before, or nothing when there is no record. */
export const cancelScript = new Script(`${emit}
local job, pending = KEYS[1], KEYS[2]
local jobId, cancel = ARGV[1], ARGV[2]
local status = redis.call('HGET', job, 'status')
if not status or terminal(status) then return status end
redis.call('HSET', job, 'cancel', 1)
redis.call('LREM', pending, 0, jobId)
redis.call('PUBLISH', cancel, jobId)
return status
`);

/** A job was handed to BullMQ. Never makes a record that was not there. */
export const fedScript = new Script(`
local job, pending = KEYS[1], KEYS[2]
if redis.call('EXISTS', job) == 1 then redis.call('HSET', job, 'fed', 1) end
return redis.call('LREM', pending, 1, ARGV[1])
`);
