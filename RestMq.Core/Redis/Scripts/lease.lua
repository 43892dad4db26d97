-- Hands out from the head. ARGV: wake, then for each caller (or run of callers alike) how many messages, for how many ms, and for whom: 0 a
-- caller, 1 live consumers, who get nothing while the queue is stopped or not round robin, 2 live consumers that settle by themselves, who
-- get nothing while it is stopped. The first caller is served whole before the second. Replies: next due, policy and state (for live
-- consumers only), hand-outs ('' when every one is the first), then the stored bodies.
local at = now()
local moved, again = due(at)
local settings, want, shares = nil, 0, {}
for i = 2, #ARGV, 3 do
  local share = tonumber(ARGV[i])
  local whom = ARGV[i + 2]
  if whom ~= '0' then
    settings = settings or call('HMGET', meta, 'policy', 'state')
    if settings[2] == 'stopped' or (whom == '1' and settings[1] ~= 'roundrobin') then share = 0 end
  end
  if whom == '2' then watch(ARGV[i + 1]) end
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
tell_of(moved)
return {
  #ids < want and next_due(at, again or more) or -1,
  settings and settings[1] or '', settings and settings[2] or '',
  hand_outs and table.concat(hand_outs, ' ') or '',
  unpack(bodies),
}
