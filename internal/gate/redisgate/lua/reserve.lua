-- Admits requests of one account, in order of arrival: the rate of each and, of one
-- that is within it, the money. A request that does not fit takes nothing, so that a
-- smaller one behind it may still fit.
--
-- KEYS[1]   money: the hash that word.lua keeps; what it does not tell is covered
-- KEYS[2…]  buckets: each a number of microseconds since 1970, gone once it is over
-- ARGV[1]   the time, in microseconds since 1970; empty: by Redis's own clock
-- ARGV[2…]  the requests, in runs that share a policy. A run is: its bucket's index
--           in KEYS, step and burst in microseconds, the number of requests, and
--           what each of them spends, in micros
--
-- Answer: the time; one letter for each request, r: over its rate, c: covered,
-- n: not covered; and each bucket as it was before.
--
-- Lua counts in floating point, exactly up to 2^53, and no number here is above. Its
-- text is written by %.0f: Lua's own would round it to 14 digits.

local now = tonumber(ARGV[1])
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000000 + time[2]
end

local before, buckets = {}, {}
for i = 2, #KEYS do
  before[i] = tonumber(redis.call('GET', KEYS[i])) or 0
  buckets[i] = before[i]
end

local available, looked, taken = nil, false, 0
local function covered(spend)
  if spend > 0 and not looked then
    available, looked = tonumber(redis.call('HGET', KEYS[1], 'available')), true
  end
  if spend == 0 or not available then
    return true
  end
  if spend > available - taken then
    return false
  end
  taken = taken + spend
  return true
end

-- gate.Bucket is the reference for this, also for where a bucket is ahead of all that
-- it can have been used for.
local function allowed(bucket, step, burst)
  buckets[bucket] = math.min(buckets[bucket], now + burst)
  local after = math.max(buckets[bucket], now) + step
  if after - now > burst then
    return false
  end
  buckets[bucket] = after
  return true
end

local letters, at = {}, 2
while at <= #ARGV do
  local bucket, step, burst = tonumber(ARGV[at]), tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2])
  local first = at + 4
  at = first + ARGV[at + 3]
  for i = first, at - 1 do
    local letter = 'r'
    if allowed(bucket, step, burst) then
      letter = covered(tonumber(ARGV[i])) and 'c' or 'n'
    end
    letters[#letters + 1] = letter
  end
end

local answer = { now, table.concat(letters) }
for i = 2, #KEYS do
  answer[i + 1] = before[i]
  if buckets[i] ~= before[i] then
    -- The minute to spare is for a clock that is not Redis's own.
    local ttl = math.ceil((buckets[i] - now) / 1000) + 60000
    redis.call('SET', KEYS[i], string.format('%.0f', buckets[i]), 'PX', ttl)
  end
end
if taken > 0 then
  redis.call('HINCRBY', KEYS[1], 'available', string.format('-%.0f', taken))
end
return answer
