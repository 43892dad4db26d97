-- The results of settlements.
local DONE, STALE, UNKNOWN = 0, 1, 2

local function stale_or_unknown(id)
  return (call('HEXISTS', body, id) == 1 or #call('XRANGE', ready, id, id) > 0) and STALE or UNKNOWN
end

function queue.tell_acked(ids)
  for _, id in ipairs(ids) do queue.tell_ended(id, 1) end
end

-- Returns a result for each ack of first deliveries, after their leases were removed and not all of them were leased. A
-- message was leased when it is in `body`, was never delivered before, and is in neither `back` nor `delayed`.
function queue.ack_each(ids)
  local results = {}
  for i, id in ipairs(ids) do
    if call('HEXISTS', body, id) == 1 and call('HEXISTS', count, id) == 0
      and not call('ZSCORE', back, id) and not call('ZSCORE', delayed, queue.padded(id)) then
      results[i] = DONE
      queue.tell_ended(id, 1)
      queue.forget({ id })
    else
      results[i] = stale_or_unknown(id)
    end
  end
  return results
end

-- Deletes a message in any state.
local function delete(id)
  if queue.delete_ready({ id }) == 1 then
    if queue.has(expiry) then call('ZREM', expiry, id) end
    return DONE
  end
  if call('HEXISTS', body, id) == 0 then return UNKNOWN end
  local delivery = queue.deliveries_of(id) + 1
  if call('ZREM', leased, queue.lease_of(id, delivery)) == 1 then
    queue.tell_ended(id, delivery)
  elseif call('ZREM', back, id) + call('ZREM', delayed, queue.padded(id)) == 0 and call('ZREM', dead, id) == 1 then
    call('HDEL', why, id)
  end
  queue.forget({ id })
  return DONE
end

-- Does one settlement. Returns the result, and whether waiting calls must read the queue again.
function queue.settle(id, delivery, action, argument)
  if delivery == 0 then return action == 'ack' and delete(id) or stale_or_unknown(id), false end
  local lease = queue.lease_of(id, delivery)
  local ends = call('ZSCORE', leased, lease)
  if not ends then return stale_or_unknown(id), false end
  if action == 'extend' then
    call('ZADD', leased, format('%d', now + argument), lease)
    return DONE, now + argument < tonumber(ends)
  end
  call('ZREM', leased, lease)
  -- A returned delivery is not named. Its number is given again, and the wake-up may arrive after that delivery.
  if action ~= 'return' then queue.tell_ended(id, delivery) end
  if action == 'ack' then
    queue.forget({ id })
  elseif action == 'bury' then
    call('HSET', count, id, format('%d', delivery))
    queue.bury(id, argument)
  else
    local counts = action == 'release'
    return DONE, queue.give_back(id, delivery, counts, counts and tonumber(argument) or 0)
  end
  return DONE, false
end
