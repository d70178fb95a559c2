-- Keeps what the ledger said of one account, unless something newer is known. The
-- same again is kept: it sets right what reserve.lua took for runs that never came.
--
-- KEYS[1]  money: a hash of stamp and available
-- ARGV[1]  the stamp: epoch and version in digits of a fixed width, so that they
--          compare as text and are never rounded
-- ARGV[2]  available, in micros; empty: unknown
-- ARGV[3]  for how many seconds this is kept; what is gone is only unknown
--
-- Answer: what was available before, empty where that is unknown or newer.

local held = redis.call('HMGET', KEYS[1], 'stamp', 'available')
if held[1] and held[1] > ARGV[1] then
  return ''
end
redis.call('HSET', KEYS[1], 'stamp', ARGV[1], 'available', ARGV[2])
redis.call('EXPIRE', KEYS[1], ARGV[3])
return held[2] or ''
