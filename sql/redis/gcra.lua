-- Charge cost points against an allowance that refills evenly (generic cell rate algorithm).
--
-- KEYS[1]  the rate_limit key
-- ARGV     1 limit: points the allowance holds when full, at least 1
--          2 window_ms: time in which an empty allowance fills up, at least 1
--          3 cost: points to charge; 0 only looks
-- Returns  { allowed 0|1, remaining points, retry_after_ms, reset_ms }
--          retry_after_ms is 0 when allowed and -1 when cost exceeds the limit (waiting is useless);
--          reset_ms is the time until the allowance is full again.
--
-- The key holds the instant at which the allowance is full again, in microseconds of this server's
-- clock, so that clients with wrong clocks share one truth. A refused call changes nothing.
local limit, window_us, cost = tonumber(ARGV[1]), tonumber(ARGV[2]) * 1000, tonumber(ARGV[3])
if not (limit and window_us and cost) or limit < 1 or window_us < 1000 or cost < 0 then
  return redis.error_reply('ERR gcra: limit and window_ms must be at least 1, cost at least 0')
end

local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
local per_point = window_us / limit

local full_at = tonumber(redis.call('GET', KEYS[1]) or now)
if full_at < now then full_at = now end
-- A clock that was set back must not lock the subject out for longer than one window.
if full_at > now + window_us then full_at = now + window_us end

local charged = math.floor(full_at + cost * per_point)
local over_by = charged - window_us - now
local allowed = over_by <= 0

if allowed then
  full_at = charged
  if cost > 0 then
    redis.call('SET', KEYS[1], string.format('%.0f', full_at),
      'PX', string.format('%.0f', math.max(1, math.ceil((full_at - now) / 1000))))
  end
end

local retry_after_ms = 0
if not allowed then
  retry_after_ms = cost > limit and -1 or math.ceil(over_by / 1000)
end
local remaining = math.floor((window_us - (full_at - now)) / per_point)
return { allowed and 1 or 0, remaining, retry_after_ms, math.ceil((full_at - now) / 1000) }
