-- Reads the statistics and settings of a queue. Messages that are due are moved first.
--
-- Input:
--   KEYS: the keys of the queue.
--   ARGV[1]: the wake-up channel.
-- Output: the numbers of all messages, and of those that are leased, delayed and dead; how many messages were added,
-- settled and expired since the queue was created; the age of the message at the head in ms, or -1; policy, state,
-- max_receives, max_length, ttl, history, durability and history_bytes, each '' when it is not set; 1 when the queue
-- exists, else 0.
--
--- @include "includes/queue.lua"
queue.wake_for((queue.promote_due()))
local m = call(
  'HMGET', meta, 'next', 'floor', 'skipped', 'expired', 'purged',
  'policy', 'state', 'max_receives', 'max_length', 'ttl', 'history', 'durability',
  'history_bytes', 'created')

-- Returns when the message at the head was added, in ms, or nil.
local function head_added()
  local entry, waiting = call('XRANGE', ready, '-', '+', 'COUNT', 1)[1], call('ZRANGE', back, 0, 0, 'WITHSCORES')
  local text = entry and entry[2][2]
  local is_first = entry and (not waiting[1] or match(text, '^%d+') + entry[2][1] < tonumber(waiting[2]))
  if waiting[1] and not is_first then text = call('HGET', body, waiting[1]) end
  return text and tonumber(match(text, '^%d+ (%d+)'))
end

local added_at, total = head_added(), queue.length()
-- Settlements are not counted. They are the added messages that are neither here, nor expired, nor purged.
local added = (tonumber(m[1]) or 0) - (tonumber(m[2]) or 0) - (tonumber(m[3]) or 0)
local gone = tonumber(m[4]) or 0
local settled = added - total - gone - (tonumber(m[5]) or 0)
local reply = {
  total, call('ZCARD', leased), call('ZCARD', delayed), call('ZCARD', dead), added, settled, gone,
  added_at and math.max(now - added_at, 0) or -1,
}
for i = 6, 13 do reply[#reply + 1] = m[i] or '' end
reply[#reply + 1] = m[14] and 1 or 0
return queue.reply(reply)
