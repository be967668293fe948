-- Enters a job, or a later run of it. Returns 1, or 0 when the record has this run already (a repeated submission, or
-- the reconciler meeting the api half-way). The tenant's list keeps the newest hundred thousand: nobody may ever ask for
-- it, and drop what has expired.
local job = KEYS[1]       -- hash: the live record
local pending = KEYS[2]   -- list: what waits in the tenant's lane
local tenants = KEYS[3]   -- set: tenants with something waiting in the lane
local jobs = KEYS[4]      -- sorted set: the tenant's jobs
local events = KEYS[5]    -- stream: the job's events
local jobId = ARGV[1]
local run = ARGV[2]
local tenant = ARGV[3]
local request = ARGV[4]   -- JSON
local createdMs = ARGV[5]
local event = ARGV[6]     -- JSON
local ttlMs = ARGV[7]
local notify = ARGV[8]    -- channel of events
local feed = ARGV[9]      -- channel that wakes the feeder
local listed = ARGV[10]   -- 1: goes into the tenant's list
--- @include "job"
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
emit(events, notify, jobId, event, ttlMs)
redis.call('PUBLISH', feed, jobId)
return 1
