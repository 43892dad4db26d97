-- Returns what an exchange delivered whose reply was lost, uncounted: nobody got these messages.
--
-- Input: KEYS those of the queue, then the key that remembers the exchange. ARGV: wake-up channel, the token of the
-- exchange.
-- Output: how many messages went back, or -1 when the exchange is not remembered: it delivered nothing, or has not been
-- done (yet).
--
--- @include "includes/queue.lua"
local remembered = call('GET', KEYS[13])
if not remembered or match(remembered, '^[^ ]+') ~= ARGV[2] then return -1 end
call('DEL', KEYS[13])
local returned = 0
for lease in string.gmatch(string.sub(remembered, #ARGV[2] + 1), '[^ ]+') do
  local id, delivery = queue.parse_lease(lease)
  if queue.settle(id, delivery, 'return', '0') == 0 then returned = returned + 1 end
end
if returned > 0 then queue.wake() end
return queue.reply(returned)
