-- Reads one message in whatever state it is, and changes nothing.
--
-- Input: ARGV: wake-up channel, id. Output: nothing, or state, when it ends, why it was buried, delivery count, text.
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
