-- Deletes messages that wait for their first delivery. Returns how many were deleted.
function queue.delete_ready(ids)
  local deleted = queue.call_in_parts('XDEL', ready, ids)
  if deleted > 0 then queue.delete_if_empty() end
  return deleted
end

-- Removes messages from `body`, `count` and `expiry`. The caller removes them from `back`, `leased`, `delayed` or
-- `dead`. Returns how many were in `body`.
function queue.forget(ids)
  local removed = queue.call_in_parts('HDEL', body, ids)
  if call('EXISTS', count) == 1 then queue.call_in_parts('HDEL', count, ids) end
  if queue.has(expiry) then queue.call_in_parts('ZREM', expiry, ids) end
  return removed
end

-- Counts messages that expired.
function queue.count_expired(number)
  queue.expired = queue.expired + number
  if number > 0 then call('HINCRBY', meta, 'expired', number) end
end

-- Removes waiting messages whose time to live is over, at most `most`. Returns whether there may be more. Leased
-- messages stay, because their time in `expiry` is infinite.
function queue.remove_expired(most)
  if not queue.has(expiry) then return false end
  local ids, delays = call('ZRANGEBYSCORE', expiry, '-inf', now, 'LIMIT', 0, most), {}
  if #ids == 0 then return false end
  for i, id in ipairs(ids) do delays[i] = queue.padded(id) end
  queue.call_in_parts('ZREM', back, ids)
  queue.call_in_parts('ZREM', delayed, delays)
  queue.count_expired(queue.delete_ready(ids) + queue.forget(ids))
  return #ids == most
end
