-- A job was handed to BullMQ. Never makes a record that was not there.
local job = KEYS[1]
local pending = KEYS[2]
local jobId = ARGV[1]
if redis.call('EXISTS', job) == 1 then redis.call('HSET', job, 'fed', 1) end
return redis.call('LREM', pending, 1, jobId)
