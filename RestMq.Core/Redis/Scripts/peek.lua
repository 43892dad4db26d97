-- Reads one message in any state, and changes nothing.
--
-- Input:
--   KEYS: the keys of the queue.
--   ARGV[1]: the wake-up channel.
--   ARGV[2]: the id of the message.
-- Output: an empty list when there is no such message. Otherwise five values: the state; the time in ms at which the
-- lease or the delay ends (for a dead letter the time of its burial), else 0; the reason of the burial, else ''; the
-- delivery count; the text.
--
--- @include "includes/queue.lua"
local id, state, ends = ARGV[2], 'ready', false
local entry = call('XRANGE', ready, id, id)[1]
local text = entry and entry[2][2] or call('HGET', body, id)
if not text then return {} end
local deliveries = queue.deliveries_of(id)
local lease = queue.lease_of(id, deliveries + 1)
local places = { leased = { leased, lease }, delayed = { delayed, queue.padded(id) }, dead = { dead, id } }
for name, place in pairs(places) do
  local score = call('ZSCORE', place[1], place[2])
  if score then state, ends = name, score end
end
local expires = queue.expires_at(text)
if expires > 0 and expires <= now and (state == 'ready' or state == 'delayed') then return {} end
if state == 'leased' then deliveries = deliveries + 1 end
return { state, tonumber(ends or 0), call('HGET', why, id) or '', deliveries, text }
