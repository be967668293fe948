-- Gives up a lock that this process holds; a lock of another process stays.
local lock = KEYS[1]
local holder = ARGV[1]
if redis.call('GET', lock) == holder then return redis.call('DEL', lock) end
return 0
