-- A queue in numbers, once what is due has been moved. Replies: live messages, leased, delayed, dead, added, settled and expired since it
-- came to be, age of the head in ms or -1, then policy, state, max_receives, max_length, ttl, history and durability, '' for what is not set, and 1
-- when there is such a queue.
local at = now()
local moved = due(at)
trim()
tell_of(moved)
local m = call(
  'HMGET', meta, 'next', 'floor', 'expired', 'purged', 'policy', 'state', 'max_receives', 'max_length', 'ttl', 'history', 'durability', 'created')
local head = call('LINDEX', ready, 0)
local stored = head and (whole(head) and head or call('HGET', body, id_of(head) or ''))
local age = stored and math.max(at - tonumber(string.match(stored, '^%d+ (%d+)')), 0) or -1
local live, added = messages(), (tonumber(m[1]) or 0) - (tonumber(m[2]) or 0)
local gone = tonumber(m[3]) or 0
local settled = added - live - gone - (tonumber(m[4]) or 0)
local reply = { live, call('ZCARD', leased), call('ZCARD', delayed), call('ZCARD', dead), added, settled, gone, age }
for i = 5, 11 do reply[i + 4] = m[i] or '' end
reply[16] = m[12] and 1 or 0
return answer(reply)
