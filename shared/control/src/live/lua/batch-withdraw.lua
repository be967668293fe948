-- Takes an item back that is a job and that nobody has fed: the batch enters it again when it goes on. In one step, so that
-- a process killed in between leaves no item that is neither a job nor still to be entered. A later run stays: it has a
-- pending marker of its own. Returns 1, or 0 for a job that stays.
local job = KEYS[1]
local events = KEYS[2]
local pending = KEYS[3]
local batch = KEYS[4]
local open = KEYS[5]
local jobId = ARGV[1]
local ordinal = ARGV[2]
local v = redis.call('HMGET', job, 'status', 'run', 'fed')
if v[1] ~= 'waiting' or v[2] ~= '1' or v[3] then return 0 end
redis.call('LREM', pending, 0, jobId)
redis.call('DEL', job, events)
redis.call('SREM', open, ordinal)
local next = tonumber(redis.call('HGET', batch, 'next'))
if next and tonumber(ordinal) < next then redis.call('HSET', batch, 'next', ordinal) end
return 1
