-- Positions. The messages of a queue are ordered by one number, their position. A message in `ready` has the position
-- id + shift. `shift` is how many messages had been put at the tail before this message was added. A message that is
-- put at the tail raises `shift` by one, and takes the next position: last id + shift. So it stands behind all earlier
-- messages and ahead of all later ones, and ids stay without gaps. Messages that were delivered before stand at the
-- head, in the order of their ids. Their position depends only on the id, so it is the same in however many steps they
-- return.
local HEAD = 4503599627370496 -- 2^52. A score holds integers up to 2^53.

function queue.put_at_head(id)
  queue.special = true
  call('ZADD', back, format('%d', id - HEAD), id)
end

function queue.put_at_tail(ids)
  if #ids == 0 then return end
  queue.special = true
  local position, entries = call('HINCRBY', meta, 'shift', #ids) - #ids + (call('HGET', meta, 'next') or 0), {}
  for i, id in ipairs(ids) do entries[2 * i - 1], entries[2 * i] = format('%d', position + i), id end
  queue.call_in_parts('ZADD', back, entries)
end

function queue.put_off(id, till)
  queue.special = true
  call('ZADD', delayed, format('%d', till), queue.padded(id))
end

-- Buries a message. Each burial has its own time, later than the one before, so that dead letters keep their order.
function queue.bury(id, reason)
  local newest = call('ZRANGE', dead, -1, -1, 'WITHSCORES')[2]
  call('ZADD', dead, newest and math.max(now, tonumber(newest) + 0.001) or now, id)
  call('HSET', why, id, reason)
  if queue.has(expiry) then call('ZREM', expiry, id) end
end

-- Ends a delivery whose lease has been removed. The message waits again, for `delay` ms or at the head. But it expires
-- when its time to live is over, and becomes a dead letter when a delivery that counts was the last one allowed.
-- Returns whether the message waits.
function queue.give_back(id, delivery, counts, delay)
  if queue.has(expiry) and call('ZSCORE', expiry, id) then
    local expires = queue.expires_at(call('HGET', body, id) or '0 0 0')
    if expires <= now then
      queue.forget({ id })
      queue.count_expired(1)
      return false
    end
    call('ZADD', expiry, format('%d', expires), id)
  end
  if counts then
    call('HSET', count, id, format('%d', delivery))
    local limit = tonumber(call('HGET', meta, 'max_receives')) or DEFAULT_MAX_RECEIVES
    if delivery % DELIVERIES_PER_REDRIVE >= limit then
      queue.buried = queue.buried + 1
      queue.bury(id, 'max_receives (' .. limit .. ') reached')
      return false
    end
  end
  if delay > 0 then queue.put_off(id, now + delay) else queue.put_at_head(id) end
  return true
end

-- Returns a part of `back`: id, text, position and next delivery number of each message.
function queue.read_back(offset, most)
  local found = call('ZRANGE', back, offset, offset + most - 1, 'WITHSCORES')
  if #found == 0 then return {} end
  local ids, part = {}, {}
  for i = 1, #found, 2 do ids[#ids + 1] = found[i] end
  local texts = call('HMGET', body, unpack(ids))
  local past = call('EXISTS', count) == 1 and call('HMGET', count, unpack(ids)) or {}
  for i, id in ipairs(ids) do
    part[i] = { id = id, text = texts[i], position = tonumber(found[2 * i]), delivery = (tonumber(past[i]) or 0) + 1 }
  end
  return part
end
