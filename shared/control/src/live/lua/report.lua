-- Progress of the attempt that owns the job; a replaced attempt changes nothing. Returns 1, 0 for a replaced attempt, or
-- 2 when somebody asked the job to stop.
local job = KEYS[1]
local events = KEYS[2]
local jobId = ARGV[1]
local attemptId = ARGV[2]
local stage = ARGV[3]
local progress = ARGV[4]    -- share of the work done, 0 to 1
local etaSeconds = ARGV[5]  -- empty when there is no estimate
local event = ARGV[6]
local ttlMs = ARGV[7]
local notify = ARGV[8]
--- @include "job"
if redis.call('HGET', job, 'status') ~= 'running' or redis.call('HGET', job, 'attemptId') ~= attemptId then return 0 end
redis.call('HSET', job, 'stage', stage, 'progress', progress)
if etaSeconds == '' then redis.call('HDEL', job, 'etaSeconds') else redis.call('HSET', job, 'etaSeconds', etaSeconds) end
emit(events, notify, jobId, event, ttlMs)
if redis.call('HGET', job, 'cancel') then return 2 end
return 1
