-- Reads a queue in numbers, after what is due has been moved.
--
-- Input: ARGV: wake-up channel. Output: messages, leased, delayed, dead; added, settled and expired since the queue was
-- made; age of the head in ms or -1; policy, state, max_receives, max_length, ttl, history and durability, '' for what
-- is not set; 1 when there is such a queue.
--
--- @include "includes/queue.lua"
queue.wake_for((queue.promote_due()))
local m = call(
  'HMGET', meta, 'next', 'floor', 'skipped', 'expired', 'purged',
  'policy', 'state', 'max_receives', 'max_length', 'ttl', 'history', 'durability', 'created')

-- When the message at the head was added, or nil.
local function head_added()
  local entry, waiting = call('XRANGE', ready, '-', '+', 'COUNT', 1)[1], call('ZRANGE', back, 0, 0, 'WITHSCORES')
  local text = entry and entry[2][2]
  local is_first = entry and (not waiting[1] or match(text, '^%d+') + entry[2][1] < tonumber(waiting[2]))
  if waiting[1] and not is_first then text = call('HGET', body, waiting[1]) end
  return text and tonumber(match(text, '^%d+ (%d+)'))
end

local added_at, total = head_added(), queue.length()
-- Settlements are not counted: they are what is left of all that was added.
local added = (tonumber(m[1]) or 0) - (tonumber(m[2]) or 0) - (tonumber(m[3]) or 0)
local gone = tonumber(m[4]) or 0
local settled = added - total - gone - (tonumber(m[5]) or 0)
local reply = {
  total, call('ZCARD', leased), call('ZCARD', delayed), call('ZCARD', dead), added, settled, gone,
  added_at and math.max(now - added_at, 0) or -1,
}
for i = 6, 12 do reply[#reply + 1] = m[i] or '' end
reply[#reply + 1] = m[13] and 1 or 0
return queue.reply(reply)
