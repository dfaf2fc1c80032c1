-- Keep a lock for longer, if it is still ours.
--
-- KEYS[1]  the lock key        ARGV[1]  the random value it was taken with, ARGV[2] new TTL in ms
-- Returns  1 when it was renewed, 0 when it had run out or belongs to somebody else
if redis.call('GET', KEYS[1]) == ARGV[1] then
  return redis.call('PEXPIRE', KEYS[1], ARGV[2])
end
return 0
