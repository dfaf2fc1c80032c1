-- Add a change to a user's stream and tell whoever listens, once.
--
-- KEYS[1]  the user_changes key
-- ARGV     1 position: place of the change in the order of all changes, the id of the entry
--          2 message: the change, JSON
--          3 max_length: entries kept, about
--          4 ttl_s: how long the stream lives after its last entry
--          5 channel: where the message is published as well
-- Returns  1 when it was added, 0 when it was there
--
-- A change that was refused at first may come after later ones; it goes to the end then, because ids
-- only go up.
local at = ARGV[1] .. '-0'
local function add(id)
  return redis.pcall('XADD', KEYS[1], 'MAXLEN', '~', ARGV[3], id, 'message', ARGV[2])
end

local added = add(at)
if type(added) == 'table' and added.err then
  if #redis.call('XRANGE', KEYS[1], at, at) > 0 then
    return 0
  end
  local newest = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)[1]
  if not newest then
    return added
  end
  added = add(string.match(newest[1], '^%d+') .. '-*')
  if type(added) == 'table' and added.err then
    return added
  end
end
redis.call('EXPIRE', KEYS[1], ARGV[4])
redis.call('PUBLISH', ARGV[5], ARGV[2])
return 1
