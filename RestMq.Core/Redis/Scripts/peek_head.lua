-- Reads the message at the head and leaves it there.
--
-- Input:
--   KEYS: the keys of the queue.
--   ARGV[1]: the wake-up channel.
--   ARGV[2]: 1 if the read counts as a delivery, else 0.
-- Output: the number of deliveries, and the text. Or 0 alone when no message is ready, and 1 alone when the search met a
-- bound before it found an answer, so that the caller must repeat it.
--
--- @include "includes/queue.lua"
--- @include "includes/take.lua"
local moved, again = queue.promote_due()
local taken = queue.take(1, MAX_REPLY_BYTES, true)
local id, text, delivery = taken.ids[1], taken.texts[1], taken.deliveries[1]
if not id then
  queue.wake_for(moved)
  return queue.reply({ (again or taken.more) and 1 or 0 })
end
if ARGV[2] == '1' then
  queue.put_at_head(id)
  call('HSET', count, id, format('%d', delivery))
else
  -- The message keeps its place: others may come back to the head before it is delivered.
  queue.special, delivery = true, delivery - 1
  call('ZADD', back, format('%d', taken.position), id)
end
local expires = queue.expires_at(text)
if expires > 0 then call('ZADD', expiry, format('%d', expires), id) end
queue.wake_for(moved)
return queue.reply({ delivery, text })
