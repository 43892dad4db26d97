-- A step of a broadcast. ARGV: wake, the sequence to read after ('' for the log's end), how many messages to move, how many to read, and
-- the daemon, which knows what it moved and need not be told, and how many bytes to read, give or take a message.
--
-- Ready messages go to the end of the log under the next sequences and are gone from the queue: the log is what every daemon's consumers
-- read, so all see one order, and one that comes back reads on where it was. The log keeps `history` messages, for an hour after the
-- last. Replies: where reading started, the log's end, next due, a list that begins with policy, state and epoch, then
-- sequence, count and stored body of each message.
local at = now()
local moved, again = due(at)
local settings = call('HMGET', meta, 'policy', 'state', 'epoch', 'history', 'seq')
local history, last = tonumber(settings[4]) or 1000, tonumber(settings[5]) or 0
local after = math.min(tonumber(ARGV[2]) or last, last)
local move = tonumber(ARGV[3])

local ids, bodies, hand_outs, more = {}, {}, nil, false
if settings[1] ~= 'roundrobin' and settings[2] ~= 'stopped' and move > 0 then
  ids, bodies, hand_outs, more = pop(move, at, nil, true)
  for i, stored in ipairs(bodies) do
    last = last + 1
    call('XADD', log, last .. '-0', 'c', hand_outs and hand_outs[i] or 1, 'b', stored)
  end
  more = more or (#ids == move and exists(ready))
end

local reply = { after, last, -1, settings }
local left, bytes, from = tonumber(ARGV[4]), tonumber(ARGV[6]), after
while left > 0 and bytes > 0 do
  local some = call('XRANGE', log, (from + 1) .. '-0', '+', 'COUNT', math.min(left, 10))
  if #some == 0 then break end
  for _, entry in ipairs(some) do
    local fields, n = entry[2], #reply
    if bytes <= 0 then break end
    from = tonumber(string.match(entry[1], '^%d+'))
    reply[n + 1], reply[n + 2], reply[n + 3] = from, tonumber(fields[2]), fields[4]
    left, bytes = left - 1, bytes - #fields[4]
  end
end

if #ids > 0 then
  forget(ids)
  call('HSET', meta, 'seq', last)
  call('XTRIM', log, 'MAXLEN', '=', history)
  call('PEXPIRE', log, 3600000)
  tell('l' .. ARGV[5])
end
tell_of(moved)
reply[3] = next_due(at, again or more)
return answer(reply)
