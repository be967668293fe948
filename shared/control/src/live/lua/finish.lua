-- The run's manifest is committed: the record follows it. Idempotent. There is room to feed another job. Returns 1, 0 when
-- there is nothing to change, or 2 when the record is that of a later run.
local job = KEYS[1]
local events = KEYS[2]
local pending = KEYS[3]
local jobId = ARGV[1]
local run = ARGV[2]
local status = ARGV[3]
local finishedAt = ARGV[4]
local problem = ARGV[5]   -- JSON, or empty
local outputs = ARGV[6]   -- JSON
local event = ARGV[7]
local ttlMs = ARGV[8]
local notify = ARGV[9]
local feed = ARGV[10]
--- @include "job"
local known = redis.call('HGET', job, 'status')
if not known then return 0 end
local present = redis.call('HGET', job, 'run')
if present ~= run then return tonumber(present) > tonumber(run) and 2 or 0 end
if isEnded(known) then return 0 end
redis.call('LREM', pending, 0, jobId)
redis.call('HSET', job, 'status', status, 'finishedAt', finishedAt, 'outputs', outputs)
if problem ~= '' then redis.call('HSET', job, 'problem', problem) end
redis.call('HDEL', job, 'stage', 'progress', 'etaSeconds', 'attemptId', 'worker')
redis.call('PEXPIRE', job, ttlMs)
emit(events, notify, jobId, event, ttlMs)
redis.call('PUBLISH', feed, jobId)
return 1
