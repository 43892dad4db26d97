-- Looks at the head, counts the look as a hand-out and leaves the message there. Replies: nothing, or id, count and stored body.
local at = now()
local moved = due(at)
local reply = {}
pop(1, at, function(id, hand_out, stored)
  call('LPUSH', ready, id)
  call('HSET', count, id, hand_out)
  reply = { id, hand_out, stored }
end)
if moved > 0 and exists(ready) then tell() end
return reply
