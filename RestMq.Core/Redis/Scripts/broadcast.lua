-- A step of a broadcast. ARGV: wake, the sequence to read after ('' for the log's end), how many messages to move, how many to read, and
-- the daemon, which knows what it moved and need not be told.
--
-- Ready messages go to the end of the log under the next sequences and are gone from the queue: the log is what every daemon's consumers
-- read, so all see one order, and one that comes back reads on where it was. The log keeps `history` messages, for an hour after the
-- last. Replies: where reading started, the log's end, next due, policy, state, then sequence, id, count and stored body of each message.
local at = now()
local moved, again = due(at)
local settings = call('HMGET', meta, 'policy', 'state', 'history', 'seq')
local history, last = tonumber(settings[3]) or 1000, tonumber(settings[4]) or 0
local after = math.min(tonumber(ARGV[2]) or last, last)
local move = tonumber(ARGV[3])

local gone, more = {}, false
if settings[1] ~= 'roundrobin' and settings[2] ~= 'stopped' and move > 0 then
  local _, bound = pop(move, at, function(id, hand_out, stored)
    last = last + 1
    call('XADD', log, last .. '-0', 'k', id, 'c', hand_out, 'b', stored)
    gone[#gone + 1] = id
  end)
  more = bound or (#gone == move and exists(ready))
end

local reply = { after, last, -1, settings[1] or '', settings[2] or '' }
for _, entry in ipairs(call('XRANGE', log, (after + 1) .. '-0', '+', 'COUNT', ARGV[4])) do
  local fields, n = entry[2], #reply
  reply[n + 1], reply[n + 2] = tonumber(string.match(entry[1], '^%d+')), tonumber(fields[2])
  reply[n + 3], reply[n + 4] = tonumber(fields[4]), fields[6]
end

if #gone > 0 then
  forget(gone)
  call('HSET', meta, 'seq', last)
  call('HINCRBY', meta, 'settled', #gone)
  call('XTRIM', log, 'MAXLEN', '=', history)
  call('PEXPIRE', log, 3600000)
  tell('l' .. ARGV[5])
end
if moved > 0 and exists(ready) then tell() end
reply[3] = next_due(at, again or more)
return reply
