-- Enters a batch. Returns 0 when it is known. A batch that is being rebuilt is marked so: until the mark is taken away its
-- counters cover only a part of its items. A tenant's list keeps the newest ten thousand.
local batch = KEYS[1]         -- hash: the counters
local openBatches = KEYS[2]   -- sorted set: batches with work left
local batches = KEYS[3]       -- sorted set: the tenant's batches
local batchId = ARGV[1]
local createdMs = ARGV[2]
local status = ARGV[3]
local total = ARGV[4]
local lane = ARGV[5]
local tenant = ARGV[6]
local maxFailed = ARGV[7]     -- error threshold as a count, or empty
local maxShare = ARGV[8]      -- error threshold as a share, or empty
local rebuilding = ARGV[9]    -- 1: its counters are being rebuilt
redis.call('ZADD', openBatches, createdMs, batchId)
redis.call('ZADD', batches, createdMs, batchId)
redis.call('ZREMRANGEBYRANK', batches, 0, -10001)
redis.call('PERSIST', batch)
if redis.call('EXISTS', batch) == 1 then return 0 end
redis.call('HSET', batch, 'status', status, 'total', total, 'lane', lane, 'tenant', tenant, 'next', 0,
  'completed', 0, 'failed', 0, 'canceled', 0, 'skipped', 0, 'maxFailed', maxFailed, 'maxShare', maxShare)
if rebuilding == '1' then redis.call('HSET', batch, 'rebuilding', 1) end
return 1
