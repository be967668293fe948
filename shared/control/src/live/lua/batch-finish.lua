-- Closes a batch whose reports are written; its counters stay for a while. Returns 0, and leaves it open, when the counters
-- no longer match the reports: an item was reopened while they were made.
local batch = KEYS[1]
local states = KEYS[2]
local open = KEYS[3]
local running = KEYS[4]
local openBatches = KEYS[5]
local batchId = ARGV[1]
local status = ARGV[2]
local completed = ARGV[3]
local failed = ARGV[4]
local canceled = ARGV[5]
local ttlMs = ARGV[6]
local v = redis.call('HMGET', batch, 'completed', 'failed', 'canceled')
if v[1] then
  if v[1] ~= completed or v[2] ~= failed or v[3] ~= canceled or redis.call('SCARD', open) > 0 then return 0 end
  redis.call('HSET', batch, 'status', status)
end
redis.call('ZREM', openBatches, batchId)
redis.call('PEXPIRE', batch, ttlMs)
redis.call('PEXPIRE', states, ttlMs)
redis.call('DEL', open, running)
return 1
