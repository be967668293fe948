-- A failed item is open again, and so is its batch, in one step: nobody sees the batch running with nothing left to do.
-- Failures from before the batch ended are forgiven: its error threshold judges those that come from then on, or what was
-- not retried would stop it at once. Returns 0 for an item that has not failed, or whose batch was canceled.
local batch = KEYS[1]
local states = KEYS[2]
local open = KEYS[3]
local openBatches = KEYS[4]
local ordinal = ARGV[1]
local batchId = ARGV[2]
local createdMs = ARGV[3]
local status = redis.call('HGET', batch, 'status')
if not status or status == 'canceled' then return 0 end
if redis.call('BITFIELD', states, 'GET', 'u2', '#' .. ordinal)[1] ~= 2 then return 0 end
redis.call('BITFIELD', states, 'SET', 'u2', '#' .. ordinal, 0)
local failed = redis.call('HINCRBY', batch, 'failed', -1)
redis.call('SADD', open, ordinal)
if status == 'completed' or status == 'stopped' then
  redis.call('HSET', batch, 'status', 'running', 'forgiven', failed)
  redis.call('PERSIST', batch)
  redis.call('PERSIST', states)
  redis.call('ZADD', openBatches, createdMs, batchId)
else
  local forgiven = tonumber(redis.call('HGET', batch, 'forgiven')) or 0
  if forgiven > 0 then redis.call('HSET', batch, 'forgiven', forgiven - 1) end
end
return 1
