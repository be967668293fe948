-- Sets one field of a batch's counters. Of a batch that Redis has lost meanwhile nothing is set: a hash with this field
-- alone would look like counters, and keep them from being rebuilt. Returns 1, or 0 for an unknown batch.
local batch = KEYS[1]
local field = ARGV[1]
local value = ARGV[2]
if redis.call('HEXISTS', batch, 'total') == 0 then return 0 end
redis.call('HSET', batch, field, value)
return 1
