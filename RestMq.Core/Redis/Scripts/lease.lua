-- Hands out from the head. ARGV: wake, then for each caller (or run of callers alike) how many messages, for how many ms, and 1 when it is
-- live: live ones get nothing while the queue is stopped or not round robin. The first caller is served whole before the second. Replies:
-- next due, policy and state (for live callers only), hand-outs ('' when every one is the first), then the stored bodies.
local at = now()
local moved, again = due(at)
local settings, want, shares = nil, 0, {}
for i = 2, #ARGV, 3 do
  local share = tonumber(ARGV[i])
  if ARGV[i + 2] == '1' then
    settings = settings or call('HMGET', meta, 'policy', 'state')
    if settings[1] ~= 'roundrobin' or settings[2] == 'stopped' then share = 0 end
  end
  want, shares[#shares + 1] = want + share, share
end

local ids, bodies, hand_outs, more = pop(want, at)
local leases, caller = {}, 1
for i, id in ipairs(ids) do
  while shares[caller] == 0 do caller = caller + 1 end
  shares[caller] = shares[caller] - 1
  leases[2 * i - 1], leases[2 * i] = at + ARGV[caller * 3], id
end
if #ids > 0 then call('ZADD', leased, unpack(leases)) end
if moved > 0 and exists(ready) then tell() end
return {
  #ids < want and next_due(at, again or more) or -1,
  settings and settings[1] or '', settings and settings[2] or '',
  hand_outs and table.concat(hand_outs, ' ') or '',
  unpack(bodies),
}
