-- Publishes a wake-up for messages that promote_due moved and the caller has not taken, and for deliveries that ended.
function queue.wake_for(moved)
  if #queue.ended > 0 or (moved > 0 and queue.is_any_ready()) then queue.wake() end
end

-- Adds a delivery that ended to the next wake-up, while live consumers may hold deliveries (see watch).
local watched
function queue.tell_ended(id, delivery)
  if watched == nil then watched = queue.has(held) end
  if watched then queue.ended[#queue.ended + 1] = id .. '.' .. format('%d', delivery) end
end

-- Notes that live consumers may hold deliveries of this queue for `lease` ms. During this time, wake-ups name the
-- deliveries that end, so that a consumer learns when it may get more messages.
function queue.watch(lease)
  queue.special = true
  if call('PTTL', held) < lease and call('PEXPIRE', held, lease * 2) == 0 then call('SET', held, 1, 'PX', lease * 2) end
end
