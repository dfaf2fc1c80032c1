-- Give a lock back, if it is still ours.
--
-- KEYS[1]  the lock key        ARGV[1]  the random value it was taken with
-- Returns  1 when the lock was deleted, 0 when it had run out or belongs to somebody else
if redis.call('GET', KEYS[1]) == ARGV[1] then
  return redis.call('DEL', KEYS[1])
end
return 0
