-- Returns the messages of an exchange whose reply was lost. Their deliveries do not count, because no caller received
-- them.
--
-- Input:
--   KEYS: the keys of the queue, then the key that remembers the exchange.
--   ARGV[1]: the wake-up channel.
--   ARGV[2]: the token of the exchange.
-- Output: how many messages went back, or -1 when Redis does not remember the exchange. Then the exchange delivered
-- nothing, or has not been done (yet).
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
