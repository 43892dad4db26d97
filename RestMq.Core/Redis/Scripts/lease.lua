-- Hands out from the head. ARGV: wake, then for each caller how many messages, for how many ms, and 1 when it is live (live ones get nothing
-- while the queue is stopped or not round robin); the first caller is served whole before the second. Replies: next due, policy, state,
-- then id, hand-out and stored body of each message.
local at = now()
local moved, again = due(at)
local settings = call('HMGET', meta, 'policy', 'state')
local live = settings[1] == 'roundrobin' and settings[2] ~= 'stopped'
local want, shares = 0, {}
for i = 2, #ARGV, 3 do
  local share = (live or ARGV[i + 2] == '0') and tonumber(ARGV[i]) or 0
  want, shares[#shares + 1] = want + share, share
end

local reply = { -1, settings[1] or '', settings[2] or '' }
local leases, caller = {}, 1
local got, more = pop(want, at, function(id, hand_out, stored)
  while shares[caller] == 0 do caller = caller + 1 end
  shares[caller] = shares[caller] - 1
  leases[#leases + 1] = at + ARGV[caller * 3]
  leases[#leases + 1] = id
  local n = #reply
  reply[n + 1], reply[n + 2], reply[n + 3] = id, hand_out, stored
end)

if got > 0 then call('ZADD', leased, unpack(leases)) end
if got < want then reply[1] = next_due(at, again or more) end
if moved > 0 and exists(ready) then tell() end
return reply
