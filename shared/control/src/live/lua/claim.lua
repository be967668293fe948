-- An attempt takes the job. Returns 'ok', 'canceled' (asked to stop before it began), 'ended' or 'missing'.
local job = KEYS[1]
local events = KEYS[2]
local jobId = ARGV[1]
local run = ARGV[2]
local attemptId = ARGV[3]
local attempt = ARGV[4]   -- number of the attempt, from 1
local at = ARGV[5]        -- time, ISO 8601
local event = ARGV[6]
local ttlMs = ARGV[7]
local notify = ARGV[8]
local worker = ARGV[9]
--- @include "job"
local status = redis.call('HGET', job, 'status')
if not status then return 'missing' end
if redis.call('HGET', job, 'run') ~= run or isEnded(status) then return 'ended' end
if redis.call('HGET', job, 'cancel') then return 'canceled' end
redis.call('HSET', job, 'status', 'running', 'attemptId', attemptId, 'attempt', attempt, 'worker', worker,
  'stage', 'fetch', 'progress', 0)
redis.call('HSETNX', job, 'startedAt', at)
redis.call('HDEL', job, 'etaSeconds')
emit(events, notify, jobId, event, ttlMs)
return 'ok'
