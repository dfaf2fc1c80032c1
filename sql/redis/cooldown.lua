-- Claim the right to fire an alert: past its cooldown and below its daily cap, or not at all.
--
-- KEYS[1]  the alert_cooldown key
-- ARGV     1 cooldown_ms: quiet time after firing; 0 for none
--          2 max_per_day: most firings in one UTC day; 0 for no cap
-- Returns  { claimed 0|1, reason, retry_after_ms, fired today }
--          reason is 'ok', 'cooldown' or 'daily_cap'; retry_after_ms is 0 when claimed.
--
-- Reading, comparing and counting happen in one step and by this server's clock: of any number of
-- workers that see the same condition, one fires. The key lives until both the cooldown and the
-- day are over.
local cooldown_ms, max_per_day = tonumber(ARGV[1]), tonumber(ARGV[2])
if not (cooldown_ms and max_per_day) or cooldown_ms < 0 or max_per_day < 0 then
  return redis.error_reply('ERR cooldown: cooldown_ms and max_per_day must be at least 0')
end

local time = redis.call('TIME')
local now_ms = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local day = math.floor(now_ms / 86400000)
local left_today_ms = (day + 1) * 86400000 - now_ms

local kept = redis.call('HMGET', KEYS[1], 'until_ms', 'day', 'fired')
local until_ms = tonumber(kept[1] or 0)
local fired = tonumber(kept[2] or -1) == day and tonumber(kept[3] or 0) or 0

if until_ms > now_ms then
  return { 0, 'cooldown', until_ms - now_ms, fired }
end
if max_per_day > 0 and fired >= max_per_day then
  return { 0, 'daily_cap', left_today_ms, fired }
end

fired = fired + 1
redis.call('HSET', KEYS[1], 'until_ms', string.format('%.0f', now_ms + cooldown_ms),
  'day', string.format('%.0f', day), 'fired', fired)
redis.call('PEXPIRE', KEYS[1], string.format('%.0f', math.max(cooldown_ms, left_today_ms)))
return { 1, 'ok', 0, fired }
