-- The first members of a sorted set up to now, removed from there, and whether there may be more.
local function remove_due(key)
  local members = call('ZRANGEBYSCORE', key, '-inf', now, 'LIMIT', 0, MAX_MOVED)
  if #members > 0 then call('ZREM', key, unpack(members)) end
  return members, #members == MAX_MOVED
end

-- Moves what is due: messages that expired, leases that are over (to the head) and delays that are over (to the tail,
-- or to the head when the message has been delivered before). Returns how many messages became ready, and whether there
-- is more to move.
function queue.promote_due()
  local more_expired, moved = queue.remove_expired(MAX_EXPIRED), 0
  local leases, more_leases = remove_due(leased)
  -- The lowest id first, for those that become dead letters.
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
