-- An item ended. The same end told twice counts once; another end moves the item from one counter to the other. Stops the
-- batch when too much has failed. Returns the number of items that have not ended, or nothing for an unknown batch.
local batch = KEYS[1]
local states = KEYS[2]        -- bit field, two bits an item: 0 open, 1 completed, 2 failed, 3 canceled
local open = KEYS[3]          -- set: ordinals that are jobs and have not ended
local running = KEYS[4]       -- set: ordinals that a worker has in hand
local ordinal = ARGV[1]
local state = tonumber(ARGV[2])
local skipped = ARGV[3]       -- 1: an earlier result was reused
if redis.call('EXISTS', batch) == 0 then return false end
local names = { 'completed', 'failed', 'canceled' }
local old = redis.call('BITFIELD', states, 'SET', 'u2', '#' .. ordinal, state)[1]
if old ~= state then
  if old ~= 0 then redis.call('HINCRBY', batch, names[old], -1) end
  redis.call('HINCRBY', batch, names[state], 1)
  if skipped == '1' then redis.call('HINCRBY', batch, 'skipped', 1) end
end
redis.call('SREM', open, ordinal)
redis.call('SREM', running, ordinal)
local v = redis.call('HMGET', batch, 'total', 'completed', 'failed', 'canceled', 'maxFailed', 'maxShare', 'status', 'forgiven')
local total, completed, failed, canceled = tonumber(v[1]), tonumber(v[2]), tonumber(v[3]), tonumber(v[4])
local fresh = failed - (tonumber(v[8]) or 0)
local tooMany = v[5] ~= '' and fresh > tonumber(v[5])
local tooLarge = v[6] ~= '' and completed + fresh >= 20 and fresh > tonumber(v[6]) * (completed + fresh)
if v[7] == 'running' and (tooMany or tooLarge) then redis.call('HSET', batch, 'status', 'stopped') end
return total - completed - failed - canceled
