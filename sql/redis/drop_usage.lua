-- Drop a batch of counted usage that has been written; another one that took its place stays.
--
-- KEYS[1]  the usage_taken hash
-- ARGV     1 name of the batch
-- Returns  1 when it was dropped, else 0
if redis.call('HGET', KEYS[1], 'batch') ~= ARGV[1] then return 0 end
return redis.call('UNLINK', KEYS[1])
