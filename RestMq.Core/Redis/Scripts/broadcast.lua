-- Moves ready messages to the log of a broadcast queue, then reads the log.
--
-- Input: ARGV: wake-up channel, the sequence to read after ('' for the log's end), how many messages to move, how many
-- to read, the name of the host (its own wake-up is not for it), and how many bytes to read at most, give or take a
-- message.
-- Output: where reading started; the log's end; next due; a list that begins with policy, state and epoch; then
-- sequence, delivery and text of each.
--
-- Moved messages get the next sequences and are gone from the queue. Every host's consumers read the log, so all see
-- one order, and a consumer that comes back reads on from where it was. The log keeps `history` messages, until an hour
-- after the last.
--
--- @include "includes/queue.lua"
--- @include "includes/remove.lua"
--- @include "includes/place.lua"
--- @include "includes/promote_due.lua"
--- @include "includes/take.lua"
local at = now_ms()
local moved, again = promote_due(at)
local settings = call('HMGET', meta, 'policy', 'state', 'epoch', 'history', 'seq')
local history, last = tonumber(settings[4]) or DEFAULT_HISTORY, tonumber(settings[5]) or 0
local after, move = math.min(tonumber(ARGV[2]) or last, last), tonumber(ARGV[3])

local ids, texts, deliveries, more = {}, {}, nil, false
if settings[1] ~= 'roundrobin' and settings[2] ~= 'stopped' and move > 0 then
  ids, texts, deliveries, more = take(move, at, nil, false)
  for i, text in ipairs(texts) do
    last = last + 1
    call('XADD', log, format('%d', last), 'c', deliveries and deliveries[i] or 1, 'b', text)
  end
  more = more or (#ids == move and is_any_ready())
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

if #ids > 0 then
  forget(ids)
  call('HSET', meta, 'seq', format('%d', last))
  call('XTRIM', log, 'MAXLEN', '=', history)
  call('PEXPIRE', log, LOG_LIFE_MS)
  wake('l' .. ARGV[5])
end
wake_for(moved)
reply[3] = next_due(at, again or more)
return reply_of(reply)
