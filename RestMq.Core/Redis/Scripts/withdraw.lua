-- Returns the messages that one step of a broadcast moved to the log to the head of the queue, because no consumer got
-- them. Their deliveries do not count.
--
-- Input:
--   KEYS: the keys of the queue.
--   ARGV[1]: the wake-up channel.
--   ARGV[2]: the name of the host that moved the messages.
--   ARGV[3]: the last sequence of the log after the move.
--   ARGV[4]: how many messages were moved.
-- Output: 1 when the messages were returned. 0 when another call has read the log since, so that consumers elsewhere may
-- have them, or when the log has dropped some of them.
--
-- Their sequences are given out again. A stream takes no id twice, so `withdrawn` says by how much the ids of later
-- entries are ahead of their sequences.
--
--- @include "includes/queue.lua"
local state, number = call('HMGET', meta, 'mover', 'seq', 'withdrawn'), tonumber(ARGV[4])
if state[1] ~= ARGV[2] or state[2] ~= ARGV[3] then return 0 end
local entries = call('XREVRANGE', log, '+', '-', 'COUNT', number)
if #entries < number then return 0 end

local oldest = entries[number][2]
for i = number, 1, -1 do
  local fields = entries[i][2]
  local id, text, past = match(fields[4], '^%d+'), fields[4], tonumber(fields[2]) - 1
  local expires = queue.expires_at(text)
  call('HSET', body, id, text)
  queue.put_at_head(id)
  if past > 0 then call('HSET', count, id, format('%d', past)) end
  if expires > 0 then call('ZADD', expiry, format('%d', expires), id) end
  call('XDEL', log, entries[i][1])
end
call(
  'HSET', meta, 'seq', format('%d', ARGV[3] - number), 'withdrawn', format('%d', (tonumber(state[3]) or 0) + number),
  'log_end', format('%d', (oldest[6] or 0) - queue.size_of(oldest[4])))
call('HDEL', meta, 'mover')
queue.wake()
return queue.reply(1)
