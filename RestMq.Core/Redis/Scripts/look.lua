-- Looks at the head, counts the look as a hand-out and leaves the message there. Replies: the count and the stored
-- body; or 0 when nothing is ready, 1 when the search stopped short of an answer.
local at = now()
local moved, again = due(at)
local ids, bodies, hand_outs, more = pop(1, at)
if #ids == 0 then
  tell_of(moved)
  return answer({ (again or more) and 1 or 0 })
end
local looked = hand_outs and hand_outs[1] or 1
put_first(ids)
call('HSET', count, ids[1], looked)
tell_of(moved)
return answer({ looked, bodies[1] })
