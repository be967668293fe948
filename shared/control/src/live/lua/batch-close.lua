-- Ends what has not been entered as a job yet, in one step however many items that are: they count as canceled. Items that
-- are jobs are canceled one by one by the overseer. While a batch is being rebuilt nobody knows yet what has ended: whoever
-- rebuilds it closes it afterwards. Returns how many items were ended here.
local batch = KEYS[1]
local open = KEYS[2]
local status = ARGV[1]
local v = redis.call('HMGET', batch, 'total', 'completed', 'failed', 'canceled', 'status', 'rebuilding')
if not v[1] or v[5] == 'completed' or v[6] then return 0 end
redis.call('HSET', batch, 'status', status)
local unfed = tonumber(v[1]) - tonumber(v[2]) - tonumber(v[3]) - tonumber(v[4]) - redis.call('SCARD', open)
redis.call('HSET', batch, 'next', v[1])
redis.call('HINCRBY', batch, 'canceled', unfed)
return unfed
