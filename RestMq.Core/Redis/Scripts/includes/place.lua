-- Positions. The order of a queue is one axis. A message in `ready` has the position id + shift, `shift` being how many
-- messages had been put at the tail before it was added. A message that is put at the tail takes the next position:
-- last id + shift, after shift was raised by one. So it stands behind all that came before and ahead of all that comes
-- later, and ids stay without gaps. Messages that were delivered before stand at the head, in the order of their ids:
-- the position of each depends on nothing else, so it is the same in however many steps they come back.
local HEAD = 4503599627370496 -- 2^52: a score holds integers up to twice as much.

local function put_at_head(id)
  call('ZADD', back, format('%d', id - HEAD), id)
  mark_special()
end

local function put_at_tail(ids)
  if #ids == 0 then return end
  local position, entries = call('HINCRBY', meta, 'shift', #ids) - #ids + (call('HGET', meta, 'next') or 0), {}
  for i, id in ipairs(ids) do entries[2 * i - 1], entries[2 * i] = format('%d', position + i), id end
  call_in_parts('ZADD', back, entries)
  mark_special()
end

-- Delays that end together are over in the order of the ids. Redis orders equal scores as texts: so these have leading
-- zeros.
local function put_off(id, till)
  call('ZADD', delayed, format('%d', till), padded(id))
  mark_special()
end

-- Each burial has a time of its own, later than the one before, so that dead letters keep their order.
local function bury(id, at, reason)
  local newest = call('ZRANGE', dead, -1, -1, 'WITHSCORES')[2]
  call('ZADD', dead, newest and math.max(at, tonumber(newest) + 0.001) or at, id)
  call('HSET', why, id, reason)
  if has(expiry) then call('ZREM', expiry, id) end
end

-- Names a delivery that ended in the next wake-up, while live consumers may hold deliveries.
local watched
local function tell_ended(id, delivery)
  if watched == nil then watched = has(held) end
  if watched then ended[#ended + 1] = id .. '.' .. format('%d', delivery) end
end

-- Ends a delivery whose lease has been removed. The message waits again: for `delay` ms, or at the head. It does not
-- when its time to live is over, nor when a delivery that counts was the last one allowed. Returns whether the message
-- waits.
local function give_back(id, delivery, at, counts, delay)
  if has(expiry) and call('ZSCORE', expiry, id) then
    local expires = expires_at(call('HGET', body, id) or '0 0 0')
    if expires <= at then
      forget({ id })
      count_expired(1)
      return false
    end
    call('ZADD', expiry, format('%d', expires), id)
  end
  if counts then
    call('HSET', count, id, format('%d', delivery))
    local limit = tonumber(call('HGET', meta, 'max_receives')) or DEFAULT_MAX_RECEIVES
    if delivery % DELIVERIES_PER_REDRIVE >= limit then
      buried = buried + 1
      bury(id, at, 'max_receives (' .. limit .. ') reached')
      return false
    end
  end
  if delay > 0 then put_off(id, at + delay) else put_at_head(id) end
  return true
end
