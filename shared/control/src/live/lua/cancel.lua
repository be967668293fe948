-- Asks a job to stop. Returns its status before, or nothing when there is no record.
local job = KEYS[1]
local pending = KEYS[2]
local jobId = ARGV[1]
local cancel = ARGV[2]    -- channel that tells the workers
--- @include "job"
local status = redis.call('HGET', job, 'status')
if not status or isEnded(status) then return status end
redis.call('HSET', job, 'cancel', 1)
redis.call('LREM', pending, 0, jobId)
redis.call('PUBLISH', cancel, jobId)
return status
