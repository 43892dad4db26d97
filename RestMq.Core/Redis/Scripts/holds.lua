-- Tells whether deliveries are still in flight.
--
-- Input:
--   KEYS: the keys of the queue.
--   ARGV[1]: the wake-up channel.
--   ARGV[2] and later: id and delivery number of each delivery.
-- Output: for each delivery 1 when it is in flight, else 0.
--
--- @include "includes/queue.lua"
local reply = {}
for i = 2, #ARGV, 2 do
  local ends = tonumber(call('ZSCORE', leased, queue.lease_of(ARGV[i], tonumber(ARGV[i + 1]))) or 0)
  reply[#reply + 1] = ends > now and 1 or 0
end
return reply
