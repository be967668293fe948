-- A job's changes append to its event stream and notify whoever watches.
-- Statuses: waiting, running, completed, failed, canceled.
local function emit(stream, channel, id, event, ttlMs)
  redis.call('XADD', stream, 'MAXLEN', '~', 1000, '*', 'event', event)
  redis.call('PEXPIRE', stream, ttlMs)
  redis.call('PUBLISH', channel, id)
end
local function isEnded(status)
  return status == 'completed' or status == 'failed' or status == 'canceled'
end
