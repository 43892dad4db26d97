-- Reads the message at the head and leaves it there. It counts as a delivery.
--
-- Input: ARGV: wake-up channel. Output: the delivery and the text; or 0 when nothing is ready, 1 when the search met a
-- bound before an answer.
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
queue.put_at_head(id)
call('HSET', count, id, format('%d', delivery))
local expires = queue.expires_at(text)
if expires > 0 then call('ZADD', expiry, format('%d', expires), id) end
queue.wake_for(moved)
return queue.reply({ delivery, text })
