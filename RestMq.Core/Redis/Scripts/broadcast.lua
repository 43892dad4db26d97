-- Moves ready messages to the log of a broadcast queue, then reads the log.
--
-- Input:
--   KEYS: the keys of the queue.
--   ARGV[1]: the wake-up channel.
--   ARGV[2]: the sequence after which to read, or '' for the end of the log.
--   ARGV[3]: how many messages to move.
--   ARGV[4]: how many messages to read.
--   ARGV[5]: the name of the host, which ignores its own wake-up.
--   ARGV[6]: how many bytes to read at most. The last message may exceed this limit.
-- Output: the sequence after which reading started; the last sequence of the log; in how many ms a message becomes due
-- (see queue.next_due); a list that begins with policy, state and epoch; then sequence, delivery and text of each
-- message.
--
-- Moved messages get the next sequences and leave the queue. The consumers of all hosts read the log, so all see one
-- order, and a consumer that reconnects reads on from where it was. The log keeps `history` messages, until an hour
-- after the last message.
--
--- @include "includes/queue.lua"
--- @include "includes/take.lua"
local moved, again = queue.promote_due()
local settings = call('HMGET', meta, 'policy', 'state', 'epoch', 'history', 'seq')
local history, last = tonumber(settings[4]) or DEFAULT_HISTORY, tonumber(settings[5]) or 0
local after, move = math.min(tonumber(ARGV[2]) or last, last), tonumber(ARGV[3])

local taken = { ids = {}, more = false }
if settings[1] ~= 'roundrobin' and settings[2] ~= 'stopped' and move > 0 then
  taken = queue.take(move, MAX_REPLY_BYTES, false)
  for i, text in ipairs(taken.texts) do
    last = last + 1
    call('XADD', log, format('%d', last), 'c', taken.deliveries[i], 'b', text)
  end
  taken.more = taken.more or (#taken.ids == move and queue.is_any_ready())
end

local reply = { after, last, -1, settings }
local left, bytes, from = tonumber(ARGV[4]), tonumber(ARGV[6]), after
while left > 0 and bytes > 0 do
  local entries = call('XRANGE', log, format('%d', from + 1), '+', 'COUNT', math.min(left, 10))
  if #entries == 0 then break end
  for _, entry in ipairs(entries) do
    if bytes <= 0 then break end
    local fields, n = entry[2], #reply
    from = tonumber(match(entry[1], '^%d+'))
    reply[n + 1], reply[n + 2], reply[n + 3] = from, tonumber(fields[2]), fields[4]
    left, bytes = left - 1, bytes - #fields[4]
  end
end

if #taken.ids > 0 then
  queue.forget(taken.ids)
  call('HSET', meta, 'seq', format('%d', last))
  call('XTRIM', log, 'MAXLEN', '=', history)
  call('PEXPIRE', log, LOG_LIFE_MS)
  queue.wake('l' .. ARGV[5])
end
queue.wake_for(moved)
reply[3] = queue.next_due(again or taken.more)
return queue.reply(reply)
