-- Tells whether deliveries are still under way.
--
-- Input: ARGV: wake-up channel, then for each its id and delivery. Output: 1 or 0 for each.
--
--- @include "includes/queue.lua"
local reply = {}
for i = 2, #ARGV, 2 do
  local ends = tonumber(call('ZSCORE', leased, queue.lease_of(ARGV[i], tonumber(ARGV[i + 1]))) or 0)
  reply[#reply + 1] = ends > now and 1 or 0
end
return reply
