import { Script } from '../script.js';

// Counters of a batch are changed by these scripts alone. An item's state lives in the bit field, so that telling the
// same end twice counts it once, and telling another end moves it from one counter to the other.

/**
 * Enters a batch. Returns 0 when it is known. With the last argument it is entered as one that is made again: until that
 * is taken away its counters are those of a part of its items. A tenant's list keeps the newest ten thousand.
 */
export const openScript = new Script(`
local batch, open, batches = KEYS[1], KEYS[2], KEYS[3]
local id, createdMs, status, total, lane, tenant, count, share = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6], ARGV[7], ARGV[8]
local rebuilding = ARGV[9]
redis.call('ZADD', open, createdMs, id)
redis.call('ZADD', batches, createdMs, id)
redis.call('ZREMRANGEBYRANK', batches, 0, -10001)
redis.call('PERSIST', batch)
if redis.call('EXISTS', batch) == 1 then return 0 end
redis.call('HSET', batch, 'status', status, 'total', total, 'lane', lane, 'tenant', tenant, 'next', 0,
  'completed', 0, 'failed', 0, 'canceled', 0, 'skipped', 0, 'maxFailed', count, 'maxShare', share)
if rebuilding == '1' then redis.call('HSET', batch, 'rebuilding', 1) end
return 1
`);

/**
 * An item ended. States: 1 completed, 2 failed, 3 canceled. Stops the batch when too much has failed. Returns the number
 * of items that have not ended, or nothing when the batch is not known.
 */
export const settleScript = new Script(`
local batch, states, open, running = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local ordinal, state, skipped = ARGV[1], tonumber(ARGV[2]), ARGV[3]
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
`);

/**
 * A failed item is open again, and so is its batch, in one step: no look at the batch sees it running with nothing left
 * to do. Failures of before the batch ended are forgiven: its error threshold judges those that come from then on, or
 * what was not retried would stop it at once. Returns 0 for an item that has not failed, or whose batch was canceled.
 */
export const reopenScript = new Script(`
local batch, states, open, openBatches = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local ordinal, id, createdMs = ARGV[1], ARGV[2], ARGV[3]
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
  redis.call('ZADD', openBatches, createdMs, id)
else
  local forgiven = tonumber(redis.call('HGET', batch, 'forgiven')) or 0
  if forgiven > 0 then redis.call('HSET', batch, 'forgiven', forgiven - 1) end
end
return 1
`);

/**
 * Closes a batch whose reports are written; its counters stay for a while. Returns 0, and leaves it open, when they say
 * something else than the reports by now: an item was taken back while they were made.
 */
export const finishScript = new Script(`
local batch, states, open, running, openBatches = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local id, status, completed, failed, canceled, ttlMs = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6]
local v = redis.call('HMGET', batch, 'completed', 'failed', 'canceled')
if v[1] then
  if v[1] ~= completed or v[2] ~= failed or v[3] ~= canceled or redis.call('SCARD', open) > 0 then return 0 end
  redis.call('HSET', batch, 'status', status)
end
redis.call('ZREM', openBatches, id)
redis.call('PEXPIRE', batch, ttlMs)
redis.call('PEXPIRE', states, ttlMs)
redis.call('DEL', open, running)
return 1
`);

/**
 * Ends what has not been entered as a job yet, in one step however many items that are: they count as canceled. Items
 * that are jobs are canceled one by one by the dispatcher. Of a batch that is being made again nobody knows yet what has
 * ended: who makes it asks afterwards. Returns how many were ended here.
 */
export const closeScript = new Script(`
local batch, open = KEYS[1], KEYS[2]
local status = ARGV[1]
local v = redis.call('HMGET', batch, 'total', 'completed', 'failed', 'canceled', 'status', 'rebuilding')
if not v[1] or v[5] == 'completed' or v[6] then return 0 end
redis.call('HSET', batch, 'status', status)
local unfed = tonumber(v[1]) - tonumber(v[2]) - tonumber(v[3]) - tonumber(v[4]) - redis.call('SCARD', open)
redis.call('HSET', batch, 'next', v[1])
redis.call('HINCRBY', batch, 'canceled', unfed)
return unfed
`);
