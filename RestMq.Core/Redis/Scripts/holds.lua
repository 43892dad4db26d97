-- Whether hand-outs are still under way. ARGV: wake, then for each its id and fence. Replies 1 or 0 for each.
local at, reply = now(), {}
for i = 2, #ARGV, 2 do
  local ends = tonumber(call('ZSCORE', leased, ARGV[i]) or 0)
  local hand_out = (tonumber(call('HGET', count, ARGV[i])) or 0) + 1
  reply[#reply + 1] = ends > at and hand_out == tonumber(ARGV[i + 1]) and 1 or 0
end
return reply
