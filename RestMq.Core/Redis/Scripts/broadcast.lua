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
-- (see queue.next_due); a list of policy, state and epoch; how many messages were moved; then sequence, delivery and
-- text of each message.
--
-- Moved messages get the next sequences and leave the queue. The consumers of all hosts read the log, so all see one
-- order, and a consumer that reconnects reads on from where it was. The log keeps `history` messages of at most
-- `history_bytes`, until an hour after the last message.
--
-- `mover` names the host of a step that moved messages, until another call reads the log. So withdraw.lua knows that no
-- other consumer can have them.
--
--- @include "includes/queue.lua"
--- @include "includes/take.lua"
--- @include "includes/trim_log.lua"
local moved, again = queue.promote_due()
local settings = call(
  'HMGET', meta, 'policy', 'state', 'epoch', 'history', 'seq', 'mover', 'withdrawn', 'history_bytes', 'log_end', 'log_bytes')
local history, last = tonumber(settings[4]) or DEFAULT_HISTORY, tonumber(settings[5]) or 0
local after, move = math.min(tonumber(ARGV[2]) or last, last), tonumber(ARGV[3])

local began = tonumber(settings[9]) or 0
local taken, finish = { ids = {}, more = false }, began
if settings[1] ~= 'roundrobin' and settings[2] ~= 'stopped' and move > 0 then
  taken = queue.take(move, MAX_REPLY_BYTES, false)
  local withdrawn = tonumber(settings[7])
  for i, text in ipairs(taken.texts) do
    last, finish = last + 1, finish + queue.size_of(text)
    local position = format('%d', finish)
    if withdrawn then
      call(
        'XADD', log, format('%d', last + withdrawn), 'c', taken.deliveries[i], 'b', text, 'p', position,
        'w', format('%d', withdrawn))
    else
      call('XADD', log, format('%d', last), 'c', taken.deliveries[i], 'b', text, 'p', position)
    end
  end
  taken.more = taken.more or (#taken.ids == move and queue.is_any_ready())
end

local reply = { after, last, -1, { settings[1], settings[2], settings[3] }, #taken.ids }
local left, bytes, from = tonumber(ARGV[4]), tonumber(ARGV[6]), after
while left > 0 and bytes > 0 do
  local entries = call('XRANGE', log, format('%d', from + 1), '+', 'COUNT', math.min(left, 10))
  if #entries == 0 then break end
  for _, entry in ipairs(entries) do
    if bytes <= 0 then break end
    local fields, n = entry[2], #reply
    from = tonumber(match(entry[1], '^%d+'))
    local sequence = from - (fields[8] or 0)
    if sequence > after then
      reply[n + 1], reply[n + 2], reply[n + 3] = sequence, tonumber(fields[2]), fields[4]
      left, bytes = left - 1, bytes - #fields[4]
    end
  end
end

if #taken.ids > 0 then
  queue.forget(taken.ids)
  -- Counting what the trim below drops would read it, so `log_bytes` may be too large. trim_log then counts anew.
  local size, limit = (tonumber(settings[10]) or 0) + finish - began, tonumber(settings[8]) or DEFAULT_HISTORY_BYTES
  call('XTRIM', log, 'MAXLEN', '=', history)
  if size > limit then size = queue.trim_log(limit, finish) end
  call(
    'HSET', meta, 'seq', format('%d', last), 'mover', ARGV[5], 'log_end', format('%d', finish),
    'log_bytes', format('%d', size))
  call('PEXPIRE', log, LOG_LIFE_MS)
  queue.wake('l' .. ARGV[5])
elseif settings[6] then
  call('HDEL', meta, 'mover')
end
queue.wake_for(moved)
reply[3] = queue.next_due(again or taken.more)
return queue.reply(reply)
