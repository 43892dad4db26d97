-- A stream stays when it is empty: a queue that is empty keeps only its counters. Returns how many messages the stream
-- has.
local function delete_if_empty()
  local length = call('XLEN', ready)
  if length == 0 then call('DEL', ready) end
  return length
end

-- Deletes messages that wait for their first delivery. Returns how many there were.
local function delete_ready(ids)
  local deleted = call_in_parts('XDEL', ready, ids)
  if deleted > 0 then delete_if_empty() end
  return deleted
end

-- Removes what belongs to messages that are stored in `body`, except for their place.
local function forget(ids)
  if #ids == 0 then return end
  call_in_parts('HDEL', body, ids)
  if exists(count) then call_in_parts('HDEL', count, ids) end
  if has(expiry) then call_in_parts('ZREM', expiry, ids) end
end

-- Counts messages that expired.
local function count_expired(number)
  expired = expired + number
  if number > 0 then call('HINCRBY', meta, 'expired', number) end
end

-- Removes waiting messages whose time to live is over, at most `most`. Returns whether there may be more. Leased
-- messages stay: their entry is infinite.
local function remove_expired(at, most)
  if not has(expiry) then return false end
  local ids = call('ZRANGEBYSCORE', expiry, '-inf', at, 'LIMIT', 0, most)
  if #ids == 0 then return false end
  local removed = delete_ready(ids)
  call_in_parts('ZREM', back, ids)
  local delays = {}
  for i, id in ipairs(ids) do delays[i] = padded(id) end
  call_in_parts('ZREM', delayed, delays)
  removed = removed + call_in_parts('HDEL', body, ids)
  if exists(count) then call_in_parts('HDEL', count, ids) end
  call_in_parts('ZREM', expiry, ids)
  count_expired(removed)
  return #ids == most
end
