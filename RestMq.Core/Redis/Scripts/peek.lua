-- One message wherever it is, unchanged. ARGV: wake, id. Replies: nothing, or place, when it ends, why, hand-outs so far and stored body.
local id = ARGV[2]
local stored = call('HGET', body, id)
if not stored then
  local _, text = find(id)
  return text and { 'ready', 0, '', 0, text } or {}
end
local place, ends = 'ready', 0
for name, key in pairs({ leased = leased, delayed = delayed, dead = dead }) do
  local score = call('ZSCORE', key, id)
  if score then place, ends = name, tonumber(score) end
end
local ends_life = dies(stored)
if ends_life > 0 and ends_life <= now() and (place == 'ready' or place == 'delayed') then return {} end
local hand_outs = (tonumber(call('HGET', count, id)) or 0) + (place == 'leased' and 1 or 0)
return { place, ends, call('HGET', why, id) or '', hand_outs, stored }
