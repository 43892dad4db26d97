-- Returns dead letters to the tail as new messages: with a fresh delivery count and no time to live.
--
-- Input:
--   KEYS: the keys of the queue.
--   ARGV[1]: the wake-up channel.
--   ARGV[2]: the id of one dead letter. Without it, the oldest dead letters return, a bounded number at a time.
-- Output: how many messages returned.
--
-- The stored count goes on at the next multiple of DELIVERIES_PER_REDRIVE. So a receipt from before the redrive never
-- matches a later delivery (DeliveryNumbers.cs).
--
--- @include "includes/queue.lua"
local ids = { ARGV[2] }
if not ARGV[2] then
  ids = call('ZRANGE', dead, 0, MAX_MOVED - 1)
elseif not call('ZSCORE', dead, ARGV[2]) then
  ids = {}
end
if #ids == 0 then return 0 end
call('ZREM', dead, unpack(ids))
call('HDEL', why, unpack(ids))
local counts = {}
for i, past in ipairs(call('HMGET', count, unpack(ids))) do
  local redrives = math.floor((tonumber(past) or 0) / DELIVERIES_PER_REDRIVE) + 1
  counts[2 * i - 1], counts[2 * i] = ids[i], format('%d', redrives * DELIVERIES_PER_REDRIVE)
end
call('HSET', count, unpack(counts))
for _, id in ipairs(ids) do
  local text = call('HGET', body, id)
  if text and queue.expires_at(text) > 0 then call('HSET', body, id, (string.gsub(text, '^(%d+ %d+) %d+', '%1 0', 1))) end
end
queue.put_at_tail(ids)
queue.wake()
return #ids
