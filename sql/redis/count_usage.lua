-- Add counted usage to what waits for the worker, once for each portion of a process.
--
-- KEYS[1]  the usage_pending hash
-- KEYS[2]  the usage_sent key of the process that counted
-- ARGV     1 number of the portion, never used for another one by this process
--          2 seconds the counts live, 3 seconds the number lives
--          then for each kind: its name, requests, cost points
-- Returns  1, or 0 when this portion was added before: its answer got lost and it was sent again.
if redis.call('GET', KEYS[2]) == ARGV[1] then return 0 end
for i = 4, #ARGV, 3 do
  redis.call('HINCRBY', KEYS[1], 'requests|' .. ARGV[i], ARGV[i + 1])
  redis.call('HINCRBY', KEYS[1], 'cost|' .. ARGV[i], ARGV[i + 2])
end
redis.call('EXPIRE', KEYS[1], ARGV[2])
redis.call('SET', KEYS[2], ARGV[1], 'EX', ARGV[3])
return 1
