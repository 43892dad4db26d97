-- Reads the message at the head and leaves it there. It counts as a delivery.
--
-- Input: ARGV: wake-up channel. Output: the delivery and the text; or 0 when nothing is ready, 1 when the search met a
-- bound before an answer.
--
--- @include "includes/queue.lua"
--- @include "includes/remove.lua"
--- @include "includes/place.lua"
--- @include "includes/promote_due.lua"
--- @include "includes/take.lua"
local at = now_ms()
local moved, again = promote_due(at)
local ids, texts, deliveries, more = take(1, at, nil, true)
local id = ids[1]
if not id then
  wake_for(moved)
  return reply_of({ (again or more) and 1 or 0 })
end
local delivery = deliveries and deliveries[1] or '1'
put_at_head(id)
call('HSET', count, id, delivery)
local expires = expires_at(texts[1])
if expires > 0 then call('ZADD', expiry, format('%d', expires), id) end
wake_for(moved)
return reply_of({ tonumber(delivery), texts[1] })
