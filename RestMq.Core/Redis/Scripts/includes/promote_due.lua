-- The first members of a sorted set up to a time, removed from there, and whether there may be more.
local function remove_due(key, at)
  local members = call('ZRANGEBYSCORE', key, '-inf', at, 'LIMIT', 0, MAX_MOVED)
  if #members > 0 then call('ZREM', key, unpack(members)) end
  return members, #members == MAX_MOVED
end

-- Moves what is due: messages that expired, leases that are over (to the head) and delays that are over (to the tail,
-- or to the head when the message has been delivered before). Returns how many messages became ready, and whether there
-- is more to move.
local function promote_due(at)
  local more_expired, moved = special and remove_expired(at, MAX_EXPIRED), 0
  local leases, more_leases = remove_due(leased, at)
  -- The lowest id first, for those that become dead letters.
  table.sort(leases, function(a, b) return tonumber((parse_lease(a))) < tonumber((parse_lease(b))) end)
  for _, lease in ipairs(leases) do
    local id, delivery = parse_lease(lease)
    tell_ended(id, delivery)
    if give_back(id, delivery, at, true, 0) then moved = moved + 1 end
  end
  if not special then return moved, more_leases end
  local delays, more_delays = remove_due(delayed, at)
  local new = {}
  for _, delay in ipairs(delays) do
    local id = parse_lease(delay)
    if call('HEXISTS', count, id) == 1 then put_at_head(id) else new[#new + 1] = id end
  end
  put_at_tail(new)
  return moved + #delays, more_expired or more_leases or more_delays
end

local function is_any_ready() return call('XLEN', ready) > 0 or has(back) end

-- Tells others of what promote_due moved, after the caller has taken what it wanted.
local function wake_for(moved)
  if #ended > 0 or (moved > 0 and is_any_ready()) then wake() end
end

-- How long until something becomes ready by itself: ms, 0 when more can be moved at once, -1 for never.
local function next_due(at, again)
  if again then return 0 end
  local first = -1
  for _, key in ipairs({ delayed, leased }) do
    local score = call('ZRANGE', key, 0, 0, 'WITHSCORES')[2]
    local left = score and math.max(tonumber(score) - at, 1)
    if left and (first < 0 or left < first) then first = left end
  end
  return first
end
