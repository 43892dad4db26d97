-- Looks at the head, counts the look as a hand-out and leaves the message there. Replies: nothing, or the count and the stored body.
local at = now()
local moved = due(at)
local ids, bodies, hand_outs = pop(1, at)
if #ids == 0 then return {} end
local looked = hand_outs and hand_outs[1] or 1
call('LPUSH', ready, ids[1])
call('HSET', count, ids[1], looked)
tell_of(moved)
return { looked, bodies[1] }
