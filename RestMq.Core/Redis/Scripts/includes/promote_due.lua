-- Removes the first members of a sorted set whose time has come. Returns them, and whether there may be more.
local function remove_due(key)
  local members = call('ZRANGEBYSCORE', key, '-inf', now, 'LIMIT', 0, MAX_MOVED)
  if #members > 0 then call('ZREM', key, unpack(members)) end
  return members, #members == MAX_MOVED
end

-- Handles all that is due. Removes expired messages. Moves messages whose lease is over to the head. Moves messages
-- whose delay is over to the tail, or to the head when they have been delivered before. Returns how many messages
-- became ready, and whether there is more to move.
function queue.promote_due()
  local more_expired, moved = queue.remove_expired(MAX_EXPIRED), 0
  local leases, more_leases = remove_due(leased)
  -- The lowest id comes first, so that messages that become dead letters keep their order.
  table.sort(leases, function(a, b) return tonumber(match(a, '^%d+')) < tonumber(match(b, '^%d+')) end)
  for _, lease in ipairs(leases) do
    local id, delivery = queue.parse_lease(lease)
    queue.tell_ended(id, delivery)
    if queue.give_back(id, delivery, true, 0) then moved = moved + 1 end
  end
  if not queue.special then return moved, more_leases end
  local delays, more_delays = remove_due(delayed)
  local new = {}
  for _, delay in ipairs(delays) do
    local id = queue.parse_lease(delay)
    if call('HEXISTS', count, id) == 1 then queue.put_at_head(id) else new[#new + 1] = id end
  end
  queue.put_at_tail(new)
  return moved + #delays, more_expired or more_leases or more_delays
end
