-- The attempt failed and another will follow: back to waiting.
local job = KEYS[1]
local events = KEYS[2]
local jobId = ARGV[1]
local attemptId = ARGV[2]
local problem = ARGV[3]   -- JSON, or empty
local event = ARGV[4]
local ttlMs = ARGV[5]
local notify = ARGV[6]
--- @include "job"
if redis.call('HGET', job, 'status') ~= 'running' or redis.call('HGET', job, 'attemptId') ~= attemptId then return 0 end
redis.call('HSET', job, 'status', 'waiting', 'fed', 1)
if problem ~= '' then redis.call('HSET', job, 'lastProblem', problem) end
redis.call('HDEL', job, 'stage', 'progress', 'etaSeconds', 'attemptId', 'worker')
emit(events, notify, jobId, event, ttlMs)
return 1
