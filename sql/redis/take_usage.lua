-- Take what was counted so far out of the counting, as a batch that changes no more.
--
-- KEYS[1]  the usage_pending hash
-- KEYS[2]  the usage_taken hash
-- ARGV     1 name for a new batch
-- Returns  { batch, at_ms }, or nothing when nothing was counted. A batch that an earlier caller took and
--          did not finish comes again, under the name and time it has.
if redis.call('EXISTS', KEYS[2]) == 0 then
  if redis.call('EXISTS', KEYS[1]) == 0 then return {} end
  local time = redis.call('TIME')
  redis.call('RENAME', KEYS[1], KEYS[2])
  redis.call('HSET', KEYS[2], 'batch', ARGV[1],
    'at_ms', string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000)))
end
return redis.call('HMGET', KEYS[2], 'batch', 'at_ms')
