-- Prolongs a lock that this process holds. Returns 1, or 0 when another process holds it or nobody does.
local lock = KEYS[1]
local holder = ARGV[1]
local ttlMs = ARGV[2]
if redis.call('GET', lock) == holder then return redis.call('PEXPIRE', lock, ttlMs) end
return 0
